"""How far back the gradient of a network reaches before it has learned anything."""

from math import log10

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.claims.bench.descent import seeded
from firsthand.figures.curves import Runs, named
from firsthand.figures.style import AMBER, BLUE, GREEN, INK, RED, subplots
from firsthand.papers.lstm.cells import Cell, network


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
    generator = seeded(seed)
    net = network(cell, 8, hidden, 1, keep_bias).double()
    x = torch.randn(32, 2 * lag, 8, generator=generator, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(net(x)[:, -1].sum(), x)
    sizes = slope.square().sum(2).mean(0).sqrt().flip(0)  # by lag
    shares = (sizes / sizes[0])[: lag + 1].tolist()
    return {"decades": log10(shares[lag]), "shares": shares}


DECADES = Measure("decades", "gradient 100 steps back, of that now (power of ten)", digits=1)
TANH = Arm("tanh RNN", experiment=reach, overrides={"cell": "rnn"})
OLD = Arm("LSTM of 1997", experiment=reach, overrides={"cell": "lstm-1997"})
ZERO = Arm("LSTM, forget bias 0", experiment=reach)
ONE = Arm("LSTM, forget bias 1", experiment=reach, overrides={"keep_bias": 1.0})
FIVE = Arm("LSTM, forget bias 5", experiment=reach, overrides={"keep_bias": 5.0})


def figure(seen: Runs) -> Figure:
    """The gradient by lag, on a logarithmic axis, a line a seed."""
    figure, axes = subplots(8.5, 4.2)
    axes.set(yscale="log", xlim=(0, 127), ylim=(1e-30, 1e2), xlabel="steps between the input and the output",
             ylabel="gradient, of that by the input now", xticks=range(0, 101, 20),
             title="How much of the gradient arrives, before any training")  # fmt: skip
    named(axes, seen, (INK, BLUE, AMBER, RED, GREEN), 102, 40, "shares", start=0)
    return figure


CLAIM = Claim(
    key="reach",
    kind="the paper's statement",
    statement="In a cell that only adds, the error from 100 steps ago arrives; otherwise it fades exponentially.",
    where="1997, sections 3 and 4; 2000, section 3: what the forget gate does to it",
    measures=(DECADES,),
    arms=(TANH, OLD, ZERO, ONE, FIVE),
    conditions=(
        (DECADES.of(OLD) >= -2).saying("1 % or more arrives"),
        DECADES.of(TANH) < -15,
        (DECADES.of(ZERO, ONE) < -6).saying("with forget gates at their usual biases"),
        (DECADES.of(FIVE) >= -2).saying("with forget gates open, 1 % or more again"),
    ),
    remark="Before any training, 32 units, weights from U(±1/sqrt(32)), random inputs. A forget gate with bias b "
    "keeps 1 / (1 + e^-b) a step: 0.5, 0.73 and 0.993, to the power of 100 8e-31, 3e-14 and 0.51; through "
    "recurrent weights a little more arrives.",
    figure=figure,
)
