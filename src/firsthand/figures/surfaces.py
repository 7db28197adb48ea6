"""Pictures of walks on the surfaces of `firsthand.optim.surfaces`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firsthand.figures.curves import Runs
from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.optim.surfaces import SURFACES, Surface

FASTEST = "Each rule at its fastest rate of 0.0001, 0.0002, 0.0005, ... 20, on the saddle at 0.01."


def walks(seen: Runs, rates: str = FASTEST) -> Figure:
    """The walks of several rules, from what `optim.surfaces.race` found; `rates` says which they run at."""
    return race({arm: runs[0].result["metrics"] | runs[0].result["series"] for arm, runs in seen.items()}, rates)


def race(found: Mapping[str, Mapping[str, Any]], rates: str = FASTEST) -> Figure:
    """The same, label -> what was found: a row for each rule, a column for each surface."""
    figure = Figure(figsize=(13.5, 2.5 * len(found) + 0.9))
    rows = figure.subplots(len(found), len(SURFACES), squeeze=False, sharex="col", sharey="col")
    for panels, colour, (label, walks) in zip(rows, COLOURS, found.items(), strict=False):
        for axes, surface in zip(panels, SURFACES.values(), strict=True):
            contours(axes, surface)
            steps, rate = walks[surface.name], walks[f"{surface.name} rate"]
            track(axes, walks[f"{surface.name} x"], walks[f"{surface.name} y"], colour)
            words = "never" if steps is None else f"{steps:,} steps, rate {rate:g}"
            axes.set_title(words, fontsize=9, fontweight="normal", color=colour)
        panels[0].set_ylabel("y")
        panels[0].annotate(label, (-0.3, 0.5), xycoords="axes fraction", rotation=90, va="center", ha="right",
                           color=colour, fontweight="bold")  # fmt: skip
    for axes, surface in zip(rows[0], SURFACES.values(), strict=True):
        axes.annotate(surface.name, (0, 1), xytext=(0, 19), xycoords="axes fraction", textcoords="offset points",
                      fontsize=11, fontweight="bold")  # fmt: skip
    for axes in rows[-1]:
        axes.set_xlabel("x")
    words = (
        "○ start   ★ minimum, or the saddle's middle   dots: the first 29 steps\n"
        f"Steps until the value is below 1e-6, on the saddle until |y| > 1. {rates}"
    )
    figure.supxlabel(words, x=0.01, ha="left", fontsize=9, linespacing=1.4)
    return figure


@cache
def grid(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y and the heights of a surface over its window."""
    xs, ys = (np.linspace(*span, 200) for span in SURFACES[name].window)
    return xs, ys, np.array([[SURFACES[name].value(x, y) for x in xs.tolist()] for y in ys.tolist()])


def contours(axes: Axes, surface: Surface) -> None:
    """Lines of equal height, closer where it is steep, with the start and the goal."""
    xs, ys, heights = grid(surface.name)
    bottom = heights.min()
    levels = bottom + (heights.max() - bottom) * np.linspace(0.01, 0.99, 16) ** 4
    axes.contour(xs, ys, heights, levels=np.unique(levels), colors=MUTED, linewidths=0.5, alpha=0.8)
    axes.plot(*surface.start, "o", color=INK, mfc="white", ms=5, zorder=5)
    axes.plot(*surface.goal, "*", color=INK, ms=9, zorder=5)
    axes.set(xlim=surface.window[0], ylim=surface.window[1])
    axes.grid(False)


def track(axes: Axes, x: list[float], y: list[float], colour: str) -> None:
    """One walk as a line with a dot at each of its first steps."""
    axes.plot(x, y, color=colour, lw=1.2, alpha=0.85)
    axes.plot(x[1:30], y[1:30], ".", color=colour, ms=3.5)
