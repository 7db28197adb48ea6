"""A contest on the same characters: self-attention against recurrent layers with as many parameters."""

from time import process_time
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.data.specs import Text
from firsthand.nn import GRU, LSTM, RNN, Embedding, Linear, cross_entropy, log_softmax
from firsthand.optim.schedule import SCHEDULES
from firsthand.papers.claim import Outcome
from firsthand.papers.selfattention.model import Config, SelfAttentionNetwork

Contestant = Literal["attention", "rnn", "lstm", "gru"]
WINDOW, BATCH, EMBED = 64, 16, 96
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
# The best of three each, after 120 steps with a seed that the claim does not use; from each the loss fell up to here.
RATES = {"attention": 0.008, "rnn": 0.004, "lstm": 0.016, "gru": 0.016}


class Recurrent(Module):
    """Embedding, one recurrent layer, output layer."""

    def __init__(self, kind: str, vocab: int, hidden: int):
        super().__init__()
        self.embedding, self.output = Embedding(vocab, EMBED), Linear(hidden, vocab)
        self.layer = {"rnn": RNN, "lstm": LSTM, "gru": GRU}[kind](EMBED, hidden)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits of the token after each."""
        return self.output(self.layer(self.embedding(tokens))[0])


def contestant(kind: Contestant, vocab: int) -> Module:
    """Two blocks of width 96, or the recurrent layer whose parameters come nearest to theirs in number."""
    attention = SelfAttentionNetwork(Config(vocab, WINDOW, EMBED))
    if kind == "attention":
        return attention
    goal = sum(p.numel() for p in attention.parameters())

    def count(hidden: int) -> int:  # table, the layer with its two biases, output layer
        return vocab * EMBED + GATES[kind] * hidden * (EMBED + hidden + 2) + (hidden + 1) * vocab

    return Recurrent(kind, vocab, min(range(1, 1000), key=lambda hidden: abs(count(hidden) - goal)))


def compete(kind: Contestant, steps: int, seed: int, lr: float | None = None) -> Outcome:
    """Train one of them with Adam and a one-cycle schedule; its losses and the CPU time that its steps took."""
    corpus = Text("tinyshakespeare").load()
    train, val = (torch.from_numpy(part.astype("int64")) for part in (corpus.train, corpus.val))
    torch.manual_seed(seed)
    network, generator = contestant(kind, len(corpus.vocabulary)), Generator().manual_seed(seed)
    rate, shape = RATES[kind] if lr is None else lr, SCHEDULES["one-cycle"](steps)
    rule, losses, seconds, places = optim.Adam(network.parameters(), lr=rate), [], 0.0, torch.arange(WINDOW + 1)
    for step in range(steps):
        rows = train[torch.randint(len(train) - WINDOW, (BATCH, 1), generator=generator) + places]
        rule.param_groups[0]["lr"] = rate * shape(step)
        began = process_time()
        loss = cross_entropy(network(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
        rule.zero_grad()
        loss.backward()
        optim.clip_by_norm(network.parameters(), 1.0)
        rule.step()
        seconds += process_time() - began
        losses.append(loss.item())
    return {
        "val_loss": score(network, val),
        "pace": 1000 * seconds / steps,
        "params": sum(p.numel() for p in network.parameters()),
        "losses": [sum(losses[i : i + 20]) / 20 for i in range(0, steps - 19, 20)],
        "by place": by_place(network, val),
    }


@torch.no_grad()
def losses_of(network: Module, text: Int[Tensor, " tokens"]) -> Float[Tensor, "windows time"]:
    """The loss of every place in the windows of a text, one after the other."""
    count = (len(text) - 1) // WINDOW
    inputs, targets = (text[shift : shift + count * WINDOW].view(count, WINDOW) for shift in (0, 1))
    return torch.cat([
        -log_softmax(network(x)).gather(2, y[..., None])[..., 0]
        for x, y in zip(inputs.split(128), targets.split(128), strict=True)
    ])  # fmt: skip


def score(network: Module, text: Int[Tensor, " tokens"]) -> float:
    """The mean loss in nats a character."""
    return losses_of(network, text).mean().item()


def by_place(network: Module, text: Int[Tensor, " tokens"]) -> list[float]:
    """The mean loss after 1, 2, ... characters of the window."""
    return losses_of(network, text).mean(0).tolist()
