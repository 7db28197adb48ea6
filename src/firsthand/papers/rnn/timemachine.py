"""The Time Machine as Dive into Deep Learning reads it: 10,000 windows a pass and plain SGD; and letters counted."""

from collections.abc import Sequence
from math import exp, inf, isfinite
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Buffer, Module

from firsthand import optim
from firsthand.nn import GRU, LSTM, RNN, Linear, cross_entropy, log_softmax
from firsthand.papers.rnn.recipe import PRESETS

Cell = Literal["rnn", "lstm", "gru"]
CELLS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
HIDDEN, WINDOW, BATCH = 32, 32, 1024


class Reader(Module):
    """Recurrent layers of any kind between one-hot characters and the output layer; every window begins from zeros."""

    def __init__(self, cell: Cell, layers: int, vocab: int):
        super().__init__()
        self.one_hot = Buffer(torch.eye(vocab), persistent=False)
        self.recurrent = CELLS[cell](vocab, HIDDEN, layers)
        self.output = Linear(HIDDEN, vocab)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """Logits of the character after each."""
        return self.output(self.recurrent(self.one_hot[tokens])[0])


def characters() -> tuple[Int[Tensor, " train"], Int[Tensor, " val"], int]:
    """The characters to train on and to validate on, 10,032 and 5,032, and the size of the vocabulary."""
    stream = PRESETS["paper"].data.load()
    train, val = (torch.from_numpy(part).long() for part in (stream.train, stream.val))
    return train, val, len(stream.vocabulary)


@torch.no_grad()
def by_place(network: Module, windows: Int[Tensor, "windows places"]) -> Float[Tensor, " time"]:
    """The mean loss in nats at every place of a window, that is after 1, 2, ... characters read."""
    total = torch.zeros(windows.shape[1] - 1, dtype=torch.float64)
    for rows in windows.split(BATCH):
        logp = log_softmax(network(rows[:, :-1]).flatten(0, 1)).view(*rows[:, 1:].shape, -1)
        total -= logp.gather(2, rows[:, 1:, None]).squeeze(2).sum(0)
    return total / len(windows)


def perplexity(loss: float) -> float | None:
    """e to the power of the loss; none of a loss that is no number."""
    return exp(min(loss, 700.0)) if isfinite(loss) else None


def learn(
    cell: Cell, layers: int, rate: float, epochs: int, clip: float | None, seed: int
) -> tuple[dict[str, Any], list[float]]:
    """Train by the book; returns what came of it, and the gradient's norm before clipping at every update."""
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    *texts, vocab = characters()
    train, val = (text.unfold(0, WINDOW + 1, 1) for text in texts)
    network = Reader(cell, layers, vocab)
    rule = optim.SGD(network.parameters(), lr=rate)
    norms: list[float] = []
    curve: list[float] = []
    for _ in range(epochs):
        losses = []
        for rows in torch.randperm(len(train), generator=generator).split(BATCH):
            loss = cross_entropy(network(train[rows, :-1]).flatten(0, 1), train[rows, 1:].flatten())
            rule.zero_grad()
            loss.backward()
            norms.append(optim.clip_by_norm(network.parameters(), inf if clip is None else clip).item())
            rule.step()
            losses.append(loss.item())
        if not isfinite(sum(losses)):
            break
        curve.append(sum(losses) / len(losses))
    places = by_place(network, val)
    return {
        "train_perplexity": perplexity(by_place(network, train).mean().item()),
        "val_perplexity": perplexity(places.mean().item()),
        "parameters": sum(p.numel() for p in network.parameters()),
        "by place": [perplexity(loss) for loss in places.tolist()],
        "curve": curve,
    }, norms


def counted(order: int, alphas: Sequence[float]) -> dict[str, float]:
    """The perplexity of counts: how often each character followed the `order` - 1 before it, plus alpha.

    p(x | c) = (n(c, x) + alpha) / (n(c) + alpha vocab), with the alpha that suits the validation text best.
    """
    train, val, vocab = characters()

    def runs(text: Tensor) -> tuple[Tensor, Tensor]:
        """Every run of `order` characters: the number of its context, and its last character."""
        places = text.unfold(0, order, 1)
        powers = vocab ** torch.arange(order - 2, -1, -1)
        return (places[:, :-1] * powers).sum(1), places[:, -1]

    context, last = runs(train)
    n = torch.zeros(vocab ** (order - 1), vocab, dtype=torch.float64)
    n.index_put_((context, last), torch.ones((), dtype=n.dtype), accumulate=True)

    def loss(text: Tensor, alpha: float) -> float:
        context, last = runs(text)
        return -((n[context, last] + alpha) / (n.sum(1)[context] + alpha * vocab)).log().mean().item()

    alpha = min(alphas, key=lambda alpha: loss(val, alpha))
    return {
        "train_perplexity": exp(loss(train, alpha)),
        "val_perplexity": exp(loss(val, alpha)),
        "alpha": alpha,
        "contexts": int((n.sum(1) > 0).sum()),
    }
