"""Curves of runs: what a claim's runs left as lines, a line a seed."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.style import BLUE, COLOURS, INK, MUTED, beside, subplots


@runtime_checkable
class Run(Protocol):
    """What one run of an arm left."""

    seed: int
    result: Mapping[str, Any]
    rows: list[Mapping[str, Any]]


Runs = Mapping[str, Sequence[Run]]  # arm -> its runs


def series(runs: Sequence[Run], name: str = "curve") -> list[np.ndarray]:
    """A list of numbers, or of rows of numbers, of every run; numbers that are none as NaN."""
    return [np.array(run.result["series"][name], dtype=float) for run in runs]


def average(runs: Sequence[Run], name: str = "curve") -> np.ndarray:
    """The mean over the seeds of a list of numbers."""
    return np.mean(series(runs, name), 0)


def path(axes: Axes, runs: Sequence[Run], x: str, y: str, line: str = "-", **style: Any) -> None:
    """One list of numbers against another as a line, both means over the seeds."""
    axes.plot(average(runs, x), average(runs, y), line, **style)


def metric(runs: Sequence[Run], name: str) -> list[float]:
    """A number of every run; NaN where there is none."""
    values = [run.result["metrics"].get(name) for run in runs]
    return [float("nan") if value is None else float(value) for value in values]


def logged(run: Run, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and the numbers of this name that a training run logged at them."""
    rows = [(row["step"], row[name]) for row in run.rows if row.get(name) is not None]
    return tuple(np.array(rows, dtype=float).reshape(-1, 2).T)


def lines(
    axes: Axes,
    curves: Sequence[np.ndarray],
    colour: str,
    label: str,
    every: int = 1,
    start: int | None = None,
    **style: Any,
) -> None:
    """A line a seed in one colour, the first named in the legend; rows are (x, y), numbers stand `every` apart.

    The first number stands at `start`, or at `every`.
    """
    for number, curve in enumerate(curves):
        places = (every if start is None else start) + every * np.arange(len(curve))
        x, y = curve.T if curve.ndim == 2 else (places, curve)
        axes.plot(x, y, color=colour, label=None if number else label, **({"lw": 1.3, "alpha": 0.85} | style))


def arms(axes: Axes, seen: Runs, y: str, x: str = "", **style: Any) -> None:
    """A series of every arm in a colour of its own, a line a seed: against another, or against 1, 2, 3, ..."""
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        pairs = zip(series(runs, x), series(runs, y), strict=True) if x else ()
        lines(axes, [np.column_stack(pair) for pair in pairs] or series(runs, y), colour, name, **style)


def named(
    axes: Axes,
    seen: Runs,
    colours: Sequence[str],
    x: int | float,
    least: int | float,
    name: str = "curve",
    last: int = 1,
    scale: tuple[int, int] | int = 1,
    **style: Any,
) -> None:
    """A line a seed, each arm's name at x beside the mean of its `last` numbers, at least so far apart.

    `scale` divides the series, its columns if it has two.
    """
    labels = []
    for (arm, runs), colour in zip(seen.items(), colours, strict=True):
        curves = [curve / scale for curve in series(runs, name)]
        lines(axes, curves, colour, "_", **style)
        ends = [curve.reshape(len(curve), -1)[-last:, -1] for curve in curves]
        height = np.exp(np.mean(np.log(ends))) if axes.get_yscale() == "log" else np.mean(ends)
        labels.append((arm, float(height), colour))
    beside(axes, x, labels, least)


def log_ticks(axes: Axes, ticks: Sequence[int | float], which: str = "y") -> None:
    """A logarithmic axis with these plain numbers on it, as far as they lie within its limits."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    (axes.set_yscale if which == "y" else axes.set_xscale)("log")
    low, high = sorted(axes.get_ylim() if which == "y" else axes.get_xlim())
    shown = [tick for tick in ticks if low <= tick <= high]
    axis.set_ticks(shown, [f"{tick:,g}" for tick in shown])
    axes.minorticks_off()


def output_beside_target(values: Mapping[str, Float[Tensor, " time"]], title: str) -> Figure:
    """A target and a network's output, step by step."""
    figure, axes = subplots(8, 3.2)
    for (name, curve), colour in zip(values.items(), (INK, BLUE), strict=True):
        lines(axes, [curve.numpy()], colour, name)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    axes.set(xlabel="step", ylabel="y", title=title)
    return figure


def against(
    axes: Axes,
    seen: Runs,
    name: str,
    sizes: Sequence[int],
    colours: Sequence[str],
    least: int | float,
    scale: float = 1.0,
) -> None:
    """Numbers against sizes on a logarithmic axis: a dot a run, a line through the means, the arm's name at its end.

    They are a series of this name, or the metrics "NAME SIZE"; the arms' names stand `least` apart, see `beside`.
    """
    labels = []
    for colour, (arm, runs) in zip(colours, seen.items(), strict=True):
        if name in runs[0].result["series"]:
            rows = scale * np.array(series(runs, name))
        else:
            rows = scale * np.array([metric(runs, f"{name} {size}") for size in sizes]).T
        axes.plot(sizes, rows.T, "o", color=colour, ms=4.5, alpha=0.6)
        axes.plot(sizes, rows.mean(0), color=colour, lw=2)
        labels.append((arm, float(rows.mean(0)[-1]), colour))
    axes.set_xlim(0.85 * sizes[0], sizes[-1] * (sizes[-1] / sizes[0]) ** 0.35)
    log_ticks(axes, sizes, "x")
    beside(axes, 1.15 * sizes[-1], labels, least, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})


def shares(axes: Axes, seen: Runs, colours: Sequence[str], every: int, name: str = "shares") -> None:
    """What was right while training in per cent, counted every so many steps: a line a seed, a dot where it ended."""
    for colour, (arm, runs) in zip(colours, seen.items(), strict=True):
        curves = [100 * share for share in series(runs, name)]
        lines(axes, curves, colour, arm, every)
        axes.plot([every * len(curve) for curve in curves], [curve[-1] for curve in curves], "o", color=colour, ms=4)
    axes.set(xlim=(0, None), ylim=(-2, 104), xlabel="step", ylabel="right (%)")


def level(axes: Axes, height: float, words: str, end: float = 1.0) -> None:
    """A dashed line across the axes, with words above it: a guess, a bound. They end at this share of the width."""
    axes.axhline(height, color=MUTED, lw=1, ls="--", zorder=0)
    axes.annotate(words, (end, height), xytext=(-2, 3), xycoords=("axes fraction", "data"), textcoords="offset points",
                  color=INK, fontsize=8.5, ha="right")  # fmt: skip
