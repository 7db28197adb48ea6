"""Small problems of the longer report, many networks each: what two claims measure and draw."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Generator

from firsthand.claims import Arm, Measure, Outcome
from firsthand.figures.curves import Runs, lines, log_ticks, metric
from firsthand.papers.backprop.cases import problem, right
from firsthand.papers.backprop.model import NETS, activities
from firsthand.papers.backprop.pictures import shares
from firsthand.papers.backprop.sweeps import descend, first_weights, note, solved
from firsthand.papers.backprop.tape import Node


def small(
    net: Literal["xor", "xor-skip", "xor-both", "parity", "encoder"] = "xor",
    rate: float = 0.5,
    momentum: float = 0.9,
    init: float = 0.3,
    margin: float = 0.0,
    runs: int = 100,
    sweeps: int = 10_000,
    seed: int = 0,
) -> Outcome:
    """How many networks solve a small problem of the longer report, every output on its side of one half, and how fast.

    Args:
        net: exclusive or with two hidden units, or with one and direct connections, or with both; parity of four; 8-3-8
            encoder.
        rate: learning rate, for the error summed over all patterns.
        momentum: share of the last change that is kept.
        init: first weights are from U(-init, init).
        margin: targets are margin and 1 - margin instead of 0 and 1.
        runs: networks, each with its own first weights.
        sweeps: passes over all patterns that are allowed.
        seed: of all first weights.
    """
    plan, (x, d) = NETS[net], problem("xor" if net.startswith("xor") else net)
    weights = first_weights(plan, runs, init, Generator().manual_seed(seed))
    firsts, codes, targets = torch.full((runs,), -1), [], d * (1 - 2 * margin) + margin
    for number, y in descend(plan, x, targets, weights, sweeps, rate, momentum=momentum):
        note(firsts, number, right(y, d).all(1))
        if bool((firsts >= 0).all()):
            break
    if net == "encoder":
        hidden = activities(plan, x.expand(runs, *x.shape), [Node(w) for w in weights])["hidden"].value
        codes = [len(torch.unique(code.round(), dim=0)) for code in hidden[firsts >= 0]]
    return solved(firsts) | {
        "distinct": sum(codes) / len(codes) if codes else None,
        "all distinct": sum(code == len(x) for code in codes) / len(codes) if codes else None,
    }


SOLVED = Measure("solved", "runs that solve it (%)", scale=100.0, digits=0)
SWEEPS = Measure("sweeps", "sweeps, median where solved", digits=0)
SMALL = partial(Arm, experiment=small)


def race(seen: Runs, title: str, least: int, most: int, colours: Sequence[str], dashes: Sequence[str]) -> Figure:
    """The share of runs that have solved their problem, by sweeps from `least` to `most`, a line an arm."""
    figure = Figure(figsize=(9.6, 4.4))
    axes = figure.subplots()
    for (name, runs), colour, dash in zip(seen.items(), colours, dashes, strict=True):
        label = f"{name}: {sum(metric(runs, 'solved')) / len(runs):.0%}"
        lines(axes, [shares(runs, most)], colour, label, ls=dash, lw=1.8, drawstyle="steps-post")
    axes.set(xlim=(least, most), ylim=(0, 102), xlabel="sweeps", ylabel="runs that have solved it (%)", title=title)
    log_ticks(axes, (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000), "x")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9.5)
    return figure
