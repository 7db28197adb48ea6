"""What the claims measure: the tasks of 1997 with the LSTM of today and its rivals, and how far gradients reach."""

from collections.abc import Callable
from math import log10
from typing import Literal

import torch
from torch import Generator, Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.data import synthetic
from firsthand.nn import GRU, LSTM, RNN, Linear, cross_entropy, mse
from firsthand.papers.claim import Outcome
from firsthand.papers.lstm.model import open_gates
from firsthand.papers.lstm.published import reber_1997, trials

Cell = Literal["rnn", "lstm-1997", "lstm", "gru"]


class Reader(Module):
    """A recurrent layer and a linear map of its outputs; the state is a tuple, as LSTM has it, for all of them."""

    def __init__(
        self, cell: Cell, inputs: int, hidden: int, outputs: int, keep_bias: float = 0.0, input_bias: float = 0.0
    ):
        super().__init__()
        if cell in ("lstm", "lstm-1997"):
            self.layer: Module = LSTM(inputs, hidden, form="1997" if cell == "lstm-1997" else "vanilla")
            open_gates(self.layer, forget=keep_bias, input=input_bias)
        else:
            self.layer = (RNN if cell == "rnn" else GRU)(inputs, hidden)
        if cell == "gru":
            self.layer.bias_ih_l0.data[hidden : 2 * hidden] += keep_bias  # at 1 its update gate keeps the state
        self.head = Linear(hidden, outputs)

    def forward(self, x: Tensor, state: tuple[Tensor, ...] | None = None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The map of every output, and the last state."""
        if isinstance(self.layer, LSTM):
            y, state = self.layer(x, state)
        else:
            y, h = self.layer(x, None if state is None else state[0])
            state = (h,)
        return self.head(y), state

    def answer(self, batch: synthetic.Sequences) -> Tensor:
        """The map of the last output of every sequence; what comes after its end cannot change it."""
        y, _ = self(batch.inputs)
        return y[torch.arange(len(y)), batch.lengths - 1]


def descend(rule: optim.Rule, network: Module, loss: Tensor) -> None:
    """One step, with the gradient's norm cut at 1."""
    rule.zero_grad()
    loss.backward()
    optim.clip_by_norm(network.parameters(), 1.0)
    rule.step()


def adding(
    cell: Cell = "lstm",
    hidden: int = 8,
    keep_bias: float = 0.0,
    input_bias: float = 0.0,
    length: int = 100,
    most: int = 128_000,
    seed: int = 0,
) -> Outcome:
    """After how many sequences of the adding problem 2,016 in a row have an error below 0.04, with Adam at 0.005.

    Batches are of 32, so 63 in a row must be right. "wrong" is of 2,560 sequences more, "error" their mean error.

    Args:
        cell: the recurrent layer.
        hidden: its units.
        keep_bias: added to the first biases of forget gates, of a GRU's update gates.
        input_bias: added to the first biases of input gates.
        length: the lag is at least half of it.
        most: sequences after which it gives up.
        seed: of weights and sequences.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = Reader(cell, 2, hidden, 1, keep_bias, input_bias)
    rule = optim.Adam(network.parameters(), lr=0.005)
    row, sequences, curve, since = 0, None, [], []
    for number in range(32, most + 1, 32):
        batch = synthetic.adding(32, generator, length)
        gap = network.answer(batch).squeeze(1) / 4 - (batch.targets - 0.5)  # of the sum, in the paper's unit
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
        gap = (network.answer(batch).squeeze(1) / 4 - (batch.targets - 0.5)).abs()
    return {
        "solved": float(sequences is not None),
        "sequences": sequences,
        "wrong": int((gap >= 0.04).sum()),
        "error": gap.mean().item(),
        "parameters": sum(p.numel() for p in network.parameters()),
        "curve": curve,
    }


def reber(cell: Cell = "lstm", hidden: int = 8, most: int = 10_000, seed: int = 0) -> Outcome:
    """After how many strings of the embedded Reber grammar every legal symbol leads at every step, with Adam at 0.01.

    One update a string, of 256; every 250 strings those and 256 others are scored. "due" is the share of them with the
    symbol that was to be remembered right, "strings" that with all right, both at the end.

    Args:
        cell: the recurrent layer.
        hidden: its units.
        most: strings after which it gives up.
        seed: of weights and strings.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = Reader(cell, 7, hidden, 7)
    rule = optim.Adam(network.parameters(), lr=0.01)
    known = synthetic.embedded_reber(256, generator)
    every = synthetic.encode_reber(known + synthetic.embedded_reber(256, generator, exclude=known))
    sequences, curve = None, []
    for number in range(1, most + 1):
        row = int(torch.randint(256, (), generator=generator))
        length = int(every.lengths[row])
        scores, _ = network(every.inputs[row : row + 1, :length])
        descend(rule, network, cross_entropy(scores[0], every.targets[row, :length]))
        if number % 250 == 0:
            with torch.no_grad():
                right = every.right(network(every.inputs)[0])
            due, whole = (right & every.due).any(1).double().mean().item(), right.all(1).double().mean().item()
            curve.append([number, due, whole])
            if whole == 1:
                sequences = number
                break
    return {
        "solved": float(sequences is not None),
        "sequences": sequences,
        "due": due,
        "strings": whole,
        "curve": curve,
    }


def streams(
    cell: Literal["lstm-1997", "lstm"] = "lstm",
    keep_bias: float = 0.0,
    hidden: int = 12,
    steps: int = 1500,
    seed: int = 0,
) -> Outcome:
    """The share of far symbols right in Reber strings without end, where nobody resets the state, and how it grows.

    Trained with Adam at 0.01 on 8 streams, 40 symbols a step, the state carried along; scored on 8 new streams of
    4,000 symbols. "all" is the share of all symbols that are right, "size" the mean over the last 1,000 symbols of the
    norm of the cells.

    Args:
        cell: with a forget gate or without.
        keep_bias: added to the first biases of the forget gates.
        hidden: cells.
        steps: of training, 320 symbols each.
        seed: of weights and streams.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = Reader(cell, 7, hidden, 7, keep_bias)
    rule = optim.Adam(network.parameters(), lr=0.01)
    stream = synthetic.reber_stream(8, 40 * steps, generator)
    state, grown = None, []
    for number in range(steps):
        window = slice(40 * number, 40 * (number + 1))
        scores, state = network(stream.inputs[:, window], state)
        state = tuple(part.detach() for part in state)
        descend(rule, network, cross_entropy(scores.flatten(0, 1), stream.targets[:, window].flatten()))
        grown.append(state[1].norm(dim=2).mean().item())
    test, sizes, scores, state = synthetic.reber_stream(8, 4000, generator), [], [], None
    with torch.no_grad():
        for inputs in test.inputs.split(20, 1):
            found, state = network(inputs, state)
            scores.append(found)
            sizes.append(state[1].norm(dim=2).mean().item())
    right = test.right(torch.cat(scores, 1))
    return {
        "far": (right & test.due).sum().item() / test.due.sum().item(),
        "all": right.double().mean().item(),
        "size": sum(sizes[-50:]) / 50,
        "sizes": sizes,
        "grown": grown[::10],
    }


def reach(cell: Cell = "lstm", keep_bias: float = 0.0, hidden: int = 32, lag: int = 100, seed: int = 0) -> Outcome:
    """How much of the gradient of today's output arrives at an input 100 steps ago, before any training.

    The norm of the derivative of a random sum of the last outputs by the input that many steps ago, over that by the
    input now; "decades" is its logarithm to base 10. Inputs are N(0, 1); the root mean square is over 32 sequences.

    Args:
        cell: the recurrent layer.
        keep_bias: added to the first biases of forget gates, of a GRU's update gates.
        hidden: its units.
        lag: steps between the input and the output.
        seed: of weights and inputs.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = Reader(cell, 8, hidden, 1, keep_bias).double()
    x = torch.randn(32, 2 * lag, 8, generator=generator, dtype=torch.float64, requires_grad=True)
    y, _ = network(x)
    (slope,) = torch.autograd.grad(y[:, -1].sum(), x)
    sizes = slope.square().sum(2).mean(0).sqrt().flip(0)  # by lag
    shares = (sizes / sizes[0])[: lag + 1].tolist()
    return {"decades": log10(shares[lag]), "shares": shares}


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {
    "trials": trials,
    "adding": adding,
    "reber-1997": reber_1997,
    "reber": reber,
    "streams": streams,
    "reach": reach,
}
