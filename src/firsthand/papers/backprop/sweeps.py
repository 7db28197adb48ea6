"""Many runs at once: every weight has a first axis for the run, and one sweep of the tape serves all of them.

How many of them solve a problem, and when, several claims measure alike.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from firsthand.claims import Arm, Measure, Outcome
from firsthand.figures.curves import Runs, lines, log_ticks, metric, series
from firsthand.papers.backprop.cases import problem, right
from firsthand.papers.backprop.model import NETS, Plan, activities, error
from firsthand.papers.backprop.rule import Descent
from firsthand.papers.backprop.tape import Node


def first_weights(plan: Plan, runs: int, init: float, generator: Generator) -> list[Tensor]:
    """Weights (runs, units, below) and biases (runs, 1, units) of every layer in turn, uniform in ±init."""
    shapes = [shape for name, (units, _) in plan.layers.items()
              for shape in ((runs, units, plan.fan_in(name)), (runs, 1, units))]  # fmt: skip
    return [(torch.rand(shape, generator=generator) * 2 - 1) * init for shape in shapes]


def descend(
    plan: Plan,
    x: Float[Tensor, "*runs cases inputs"],
    d: Float[Tensor, "*runs cases outputs"],
    weights: list[Tensor],
    sweeps: int,
    rates: Callable[[int], float] | float,
    counts: Callable[[Tensor], Tensor] | float = 1.0,
    **options: Any,
) -> Iterator[tuple[int, Float[Tensor, "runs cases outputs"]]]:
    """Change the weights in place, once a sweep, by the whole gradient: yields the number of changes made so far and
    the outputs y, before each change and at the end.

    x and d may have the runs' axis, or be the same for all runs. `rates` is the learning rate, or gives that of each
    sweep; `counts` turns y into what each error counts (1 or 0). `options` are those of `Descent`.
    """
    x = x.expand(len(weights[0]), *x.shape[-2:])
    rule = Descent(weights, **options)
    for number in range(sweeps + 1):
        nodes = [Node(w) for w in weights]
        y = activities(plan, x, nodes)[plan.top]
        yield number, y.value
        if number == sweeps:
            return
        error(y, d, counts(y.value) if callable(counts) else counts).sum().backward()
        for w, node in zip(weights, nodes, strict=True):
            w.grad = node.gradient
        rule.param_groups[0]["lr"] = rates(number) if callable(rates) else rates
        rule.step()


def direct(plan: Plan) -> Plan:
    """The outputs see the inputs, and nothing is in between."""
    return Plan(plan.inputs, {plan.top: (plan.layers[plan.top][0], tuple(plan.inputs))})


def note(sweeps: Int[Tensor, " runs"], number: int, done: Bool[Tensor, " runs"]) -> Bool[Tensor, " runs"]:
    """Take down the number of a sweep for runs that are done and were not before (-1); returns which ones."""
    new = done & (sweeps < 0)
    sweeps[new] = number
    return new


def solved(sweeps: Int[Tensor, " runs"]) -> Outcome:
    """The share of the runs that solve their problem, their median sweep and all of their sweeps, in order."""
    numbers = sorted(sweeps[sweeps >= 0].tolist())
    middle = float(median(numbers)) if numbers else None
    return {"solved": len(numbers) / len(sweeps), "sweeps": middle, "all sweeps": numbers, "runs": len(sweeps)}


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


def solving(axes: Axes, seen: Runs, most: int, colours: Sequence[str], dashes: Sequence[str]) -> None:
    """The share of runs that have solved their problem by each sweep up to `most`, a line an arm; its end is named."""
    for (name, runs), colour, dash in zip(seen.items(), colours, dashes, strict=True):
        done = np.sort(np.concatenate(series(runs, "all sweeps")))
        shares = 100 * np.arange(len(done) + 1) / sum(metric(runs, "runs"))
        curve = np.stack([[1, *done, most], [*shares, shares[-1]]], 1)
        lines(axes, [curve], colour, f"{name}: {shares[-1]:.0f} %", ls=dash, lw=1.8, drawstyle="steps-post")
    axes.set(ylim=(0, 102), xlabel="sweeps", ylabel="runs that have solved it (%)")


def race(seen: Runs, title: str, least: int, most: int, colours: Sequence[str], dashes: Sequence[str]) -> Figure:
    """The same in a figure of its own, sweeps from `least` on a logarithmic axis."""
    figure = Figure(figsize=(9.6, 4.4))
    axes = figure.subplots()
    solving(axes, seen, most, colours, dashes)
    axes.set(xlim=(least, most), title=title)
    log_ticks(axes, (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000), "x")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9.5)
    return figure
