"""The adding problem over a lag of 25 steps or more, with and without gates."""

from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Generator

from firsthand.claims import Arm, Claim, Outcome, equal
from firsthand.claims.bench.adding import CHANCE, ERROR, SEQUENCES, SOLVED, WRONG, learn_to_add
from firsthand.figures.curves import Runs, lines, log_ticks, series
from firsthand.figures.style import BLUE, INK, MUTED, RED, VIOLET
from firsthand.papers.gru.model import keep
from firsthand.papers.gru.reader import Reader


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
    return learn_to_add(network, network.answer, generator, length, most)


TANH = Arm("tanh", experiment=adding, overrides={"unit": "tanh", "hidden": 18})
PLAIN = Arm("GRU, update bias 0", experiment=adding)
KEPT = Arm("GRU, update bias 3", experiment=adding, overrides={"keep_bias": 3.0})
LSTM = Arm(
    "LSTM, forget 5, input -3",
    experiment=adding,
    overrides={"unit": "lstm", "hidden": 8, "keep_bias": 5.0, "input_bias": -3.0},
)


def figure(seen: Runs) -> Figure:
    """Mean error against sequences, a line a seed; a dot where a run succeeded."""
    figure = Figure(figsize=(9.5, 4.6))
    axes = figure.subplots()
    for (name, runs), colour in zip(seen.items(), (INK, RED, BLUE, VIOLET), strict=True):
        curves = [curve / (1000, 1) for curve in series(runs)]
        wide = {"lw": 3.5, "alpha": 0.35} if name == TANH.name else {}  # lines that lie on each other
        lines(axes, curves, colour, name, **wide)
        for run, curve in zip(runs, curves, strict=True):
            if run.result["metrics"]["solved"]:
                axes.plot(*curve[-1], "o", color=colour, ms=5)
    axes.axhline(CHANCE, color=MUTED, lw=1, ls=":")
    axes.text(1, 1.1 * CHANCE, "always saying 0.5", color=INK, fontsize=8.5)
    axes.set(xlim=(0, 98), ylim=(0.0038, 0.3), xlabel="sequences (thousands)", ylabel="mean error of the answer",
             title="The adding problem over a lag of 25 steps or more")  # fmt: skip
    log_ticks(axes, (0.005, 0.01, 0.02, 0.05, 0.1, 0.2))
    axes.legend(loc="lower left", fontsize=8.5)
    return figure


CLAIM = Claim(
    key="adding",
    kind="our question",
    statement="Gates shorten the path to the past: a GRU adds over a lag at which tanh units learn nothing.",
    where="Cho et al. (2014), section 2.3, said without numbers; the task is Hochreiter & Schmidhuber's (1997)",
    measures=(SOLVED, SEQUENCES, WRONG, ERROR),
    arms=(TANH, PLAIN, KEPT, LSTM),
    conditions=(
        equal(SOLVED.of(KEPT, LSTM), 1),
        equal(SOLVED.of(TANH), 0),
        (WRONG.of(TANH) >= 2000).saying("nearly as often as always saying 0.5 is (2,150 times)"),
        equal(SOLVED.of(PLAIN), 0).saying("gates alone are not enough"),
    ),
    remark="The adding problem of 1997 at lengths of 50 to 55; 393 to 431 parameters; Adam at 0.005, batches of 32, "
    "gradients cut at norm 1, 96,000 sequences at most. Success is 2,016 in a row within 0.04. An update gate with "
    "bias b keeps 1 / (1 + e^-b) of the state a step: 0.5 and 0.953, to the power of 25 3e-8 and 0.3. The papers start "
    "at 0; the remedy is the one known for the LSTM's forget gate.",
    figure=figure,
)
