"""The adding problem of 1997: two numbers, marked among many others, are to be added at the end of the sequence.

Source: Hochreiter & Schmidhuber (1997), experiment 4.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Generator, Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.claims.bench.descent import descend
from firsthand.claims.claim import Measure, Outcome
from firsthand.data import synthetic
from firsthand.figures.curves import Runs, lines, log_ticks, series
from firsthand.figures.style import INK, MUTED, subplots
from firsthand.nn import mse

BATCH, CLOSE, IN_A_ROW = 32, 0.04, 63  # 63 batches of 32 are 2,016 sequences within 0.04: the criterion of 1997
CHANCE = 0.16  # mean error of always saying 0.5, which is wrong about 2,150 times of 2,560
SOLVED = Measure("solved", "share that succeeded", digits=2)
SEQUENCES = Measure("sequences", "sequences until then", digits=0)
WRONG = Measure("wrong", "wrong of 2,560", digits=0)
ERROR = Measure("error", "mean error", digits=4)


def learn_to_add(
    network: Module, answer: Callable[[synthetic.Sequences], Tensor], generator: Generator, length: int, most: int
) -> Outcome:
    """After how many sequences 2,016 in a row have an error below 0.04, with Adam at 0.005, gradients cut at norm 1.

    "wrong" counts errors of 0.04 or more among 2,560 sequences more, "error" is their mean error; "curve" has the mean
    error of every 1,600 sequences. `answer` gives the network's estimate of the sum of a batch.
    """
    rule = optim.Adam(network.parameters(), lr=0.005)
    in_a_row, sequences, curve, since = 0, None, [], []
    for number in range(BATCH, most + 1, BATCH):
        batch = synthetic.adding(BATCH, generator, length)
        gap = answer(batch) / 4 - (batch.targets - 0.5)  # of the sum, in the unit of 1997
        descend(rule, network, 16 * mse(gap, torch.zeros_like(gap)))
        size = gap.detach().abs()
        in_a_row = in_a_row + 1 if size.max() < CLOSE else 0
        since.append(size.mean())
        if number % 1600 == 0:
            curve.append([number, torch.stack(since).mean().item()])
            since.clear()
        if in_a_row == IN_A_ROW:
            sequences = number
            break
    with torch.no_grad():
        batch = synthetic.adding(2560, generator, length)
        gap = (answer(batch) / 4 - (batch.targets - 0.5)).abs()
    return {
        "solved": float(sequences is not None),
        "sequences": sequences,
        "wrong": int((gap >= CLOSE).sum()),
        "error": gap.mean().item(),
        "parameters": sum(p.numel() for p in network.parameters()),
        "curve": curve,
    }


def errors(seen: Runs, colours: Sequence[str], title: str) -> Figure:
    """Mean error against sequences, a line a seed, the first arm's wide; a dot where a run succeeded."""
    figure, axes = subplots(9.5, 4.8)
    for place, ((name, runs), colour) in enumerate(zip(seen.items(), colours, strict=True)):
        curves = [curve.reshape(-1, 2) / (1000, 1) for curve in series(runs)]
        wide: dict[str, Any] = {} if place else {"lw": 4.5, "alpha": 0.3}  # others may lie on it
        lines(axes, curves, colour, name, **wide)
        for run, curve in zip(runs, curves, strict=True):
            if run.result["metrics"]["solved"] and len(curve):
                axes.plot(*curve[-1], "o", color=colour, ms=5)
    axes.axhline(CHANCE, color=MUTED, lw=1, ls=":")
    axes.text(1, 1.15 * CHANCE, "always saying 0.5", color=INK, fontsize=8.5)
    axes.set(xlim=(0, None), ylim=(0.0038, 0.3), xlabel="sequences (thousands)", ylabel="mean error of the answer",
             title=title)  # fmt: skip
    log_ticks(axes, (0.005, 0.01, 0.02, 0.05, 0.1, 0.2))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8.5)
    return figure
