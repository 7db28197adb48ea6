"""What the claims measure beside training runs: units with equally many weights, and the adding problem."""

from collections.abc import Callable
from math import exp
from typing import Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn import Buffer, Module

from firsthand import optim
from firsthand.data import synthetic
from firsthand.data.specs import Text
from firsthand.nn import GRU, LSTM, RNN, Linear, cross_entropy, log_softmax, mse
from firsthand.papers.claim import Outcome
from firsthand.papers.gru.model import keep

Unit = Literal["tanh", "gru", "gru-before", "gru-one-bias", "lstm"]
UNITS: dict[str, Callable[[int, int], Module]] = {
    "tanh": RNN,
    "gru": GRU,
    "gru-before": lambda inputs, hidden: GRU(inputs, hidden, reset="before"),
    "gru-one-bias": GRU,  # without the bias inside the reset gate's product
    "lstm": LSTM,
}
BOOK = Text("timemachine", letters=True, train=60_000, val=20_000)
WINDOW, BATCH = 32, 64


class Reader(Module):
    """A recurrent layer of any kind between its inputs and an output layer, from a state of zeros."""

    def __init__(self, unit: Unit, inputs: int, hidden: int, outputs: int):
        super().__init__()
        self.one_hot = Buffer(torch.eye(inputs), persistent=False)
        self.recurrent = UNITS[unit](inputs, hidden)
        self.inner = unit != "gru-one-bias"
        if not self.inner:
            self.recurrent.bias_hh_l0.data.zero_()
        self.output = Linear(hidden, outputs)

    def forward(self, x: Float[Tensor, "batch time inputs"]) -> Float[Tensor, "batch time outputs"]:
        """The map of the state after every step."""
        return self.output(self.recurrent(x)[0])

    def answer(self, batch: synthetic.Sequences) -> Float[Tensor, " batch"]:
        """The map of the state after every sequence's last step."""
        _, last = self.recurrent(batch.inputs, None, batch.lengths)
        return self.output(last[0][-1] if isinstance(last, tuple) else last[-1]).squeeze(1)


def descend(rule: optim.Rule, network: Reader, loss: Tensor) -> None:
    """One step, with the gradient's norm cut at 1; the bias that is not there stays 0."""
    rule.zero_grad()
    loss.backward()
    if not network.inner:
        network.recurrent.bias_hh_l0.grad.zero_()
    optim.clip_by_norm(network.parameters(), 1.0)
    rule.step()


@torch.no_grad()
def loss_of(network: Reader, windows: Tensor) -> float:
    """The mean loss in nats a character, over all places of all windows."""
    total = 0.0
    for rows in windows.split(1024):
        logp = log_softmax(network(network.one_hot[rows[:, :-1]]).flatten(0, 1))
        total -= logp.gather(1, rows[:, 1:].reshape(-1, 1)).double().sum().item()
    return total / (len(windows) * WINDOW)


def matched(
    unit: Unit = "gru", hidden: int = 68, epochs: int = 120, patience: int = 10, rate: float = 0.005, seed: int = 0
) -> Outcome:
    """The lowest perplexity on unseen characters of The Time Machine, whatever the number of passes it takes.

    60,000 characters are trained on in windows of 32, each from zeros, 64 at a time, by Adam with gradients clipped
    at 1; the next 20,000 are scored after every pass. "weights" are those of the recurrent layer, one bias a sum.

    Args:
        unit: the recurrent layer; a GRU's reset gate acts after the product, before it, or after it without the bias
            in it that torch has.
        hidden: its units.
        epochs: passes over the text at most.
        patience: passes without a lower perplexity after which it ends.
        rate: of Adam.
        seed: of weights and of the order of the windows.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    stream = BOOK.load()
    texts = (torch.from_numpy(part).long() for part in (stream.train, stream.val))
    train, val = (text.unfold(0, WINDOW + 1, WINDOW) for text in texts)
    vocab = len(stream.vocabulary)
    network = Reader(unit, vocab, hidden, vocab)
    rule = optim.Adam(network.parameters(), lr=rate)
    curve, fitted = [], []
    for _ in range(epochs):
        since = []
        for rows in torch.randperm(len(train), generator=generator).split(BATCH):
            logits = network(network.one_hot[train[rows, :-1]])
            loss = cross_entropy(logits.flatten(0, 1), train[rows, 1:].flatten())
            descend(rule, network, loss)
            since.append(loss.detach())
        fitted.append(exp(torch.stack(since).mean().item()))
        curve.append(exp(loss_of(network, val)))
        if len(curve) - curve.index(min(curve)) > patience:
            break
    best = min(curve)
    layer = dict(network.recurrent.named_parameters())
    return {
        "val_perplexity": best,
        "pass": curve.index(best) + 1,
        "train_perplexity": fitted[curve.index(best)],
        "weights": sum(p.numel() for name, p in layer.items() if name != "bias_hh_l0"),
        "curve": curve,
        "fitted": fitted,
    }


def adding(
    unit: Literal["tanh", "gru", "lstm"] = "gru",
    hidden: int = 10,
    keep_bias: float = 0.0,
    input_bias: float = 0.0,
    length: int = 50,
    most: int = 96_000,
    seed: int = 0,
) -> Outcome:
    """After how many sequences of the adding problem 2,016 in a row have an error below 0.04, with Adam at 0.005.

    Batches are of 32, so 63 in a row must be right. "wrong" is of 2,560 sequences more, "error" their mean error;
    always saying 0.5 has a mean error of 0.16.

    Args:
        unit: the recurrent layer.
        hidden: its units.
        keep_bias: added to the first biases of update gates, of an LSTM's forget gates.
        input_bias: added to the first biases of an LSTM's input gates.
        length: the lag is at least half of it.
        most: sequences after which it gives up.
        seed: of weights and sequences.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = Reader(unit, 2, hidden, 1)
    if unit == "gru":
        keep(network.recurrent, keep_bias)
    if unit == "lstm":
        network.recurrent.bias_ih_l0.data[: 2 * hidden].view(2, hidden).add_(torch.tensor([[input_bias], [keep_bias]]))
    rule = optim.Adam(network.parameters(), lr=0.005)
    row, sequences, curve, since = 0, None, [], []
    for number in range(32, most + 1, 32):
        batch = synthetic.adding(32, generator, length)
        gap = network.answer(batch) / 4 - (batch.targets - 0.5)  # of the sum, in the unit of 1997
        descend(rule, network, 16 * mse(gap, torch.zeros_like(gap)))
        row = row + 1 if gap.detach().abs().max() < 0.04 else 0
        since.append(gap.detach().abs().mean())
        if number % 1600 == 0:
            curve.append([number, torch.stack(since).mean().item()])
            since.clear()
        if row == 63:
            sequences = number
            break
    with torch.no_grad():
        batch = synthetic.adding(2560, generator, length)
        gap = (network.answer(batch) / 4 - (batch.targets - 0.5)).abs()
    return {
        "solved": float(sequences is not None),
        "sequences": sequences,
        "wrong": int((gap >= 0.04).sum()),
        "error": gap.mean().item(),
        "parameters": sum(p.numel() for p in network.parameters()),
        "curve": curve,
    }


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {"matched": matched, "adding": adding}
