"""Pictures of walks on the surfaces of `firsthand.optim.surfaces`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firsthand.figures.curves import Runs
from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.optim.surfaces import SURFACES, Surface

FASTEST = "Each rule at its fastest rate of\n0.0001, 0.0002, 0.0005, ... 20,\non the saddle at 0.01."


def walks(seen: Runs, rates: str = FASTEST) -> Figure:
    """A panel for each surface with the walks of several rules, from what `optim.surfaces.race` found.

    `rates` says in the figure which rates the rules run at.
    """
    return race({arm: runs[0].result["metrics"] | runs[0].result["series"] for arm, runs in seen.items()}, rates)


def race(found: Mapping[str, Mapping[str, Any]], rates: str = FASTEST) -> Figure:
    """The same, label -> what was found."""
    figure = Figure(figsize=(12, 7))
    panels = figure.subplots(2, 3).flat
    for axes, surface in zip(panels, SURFACES.values(), strict=False):
        contours(axes, surface)
        for colour, (label, walks) in zip(COLOURS, found.items(), strict=False):
            steps, rate = walks[surface.name], walks[f"{surface.name} rate"]
            told = f"{label}: " + ("never" if steps is None else f"{steps:,} (rate {rate:g})")
            track(axes, walks[f"{surface.name} x"], walks[f"{surface.name} y"], colour, told)
        axes.legend(fontsize=7, loc="best", frameon=True, framealpha=0.8, edgecolor="none")
        axes.set_title(surface.name)
    last = figure.axes[-1]
    last.set_axis_off()
    words = "\n".join((
        "Steps until the value is below 1e-6,", "on the saddle until |y| > 1.", "", rates, "",
        "○ start     ★ minimum (or the saddle's middle)",
    ))  # fmt: skip
    last.text(0, 0.9, words, va="top", color=INK, fontsize=9.5, linespacing=1.5, transform=last.transAxes)
    return figure


def contours(axes: Axes, surface: Surface) -> None:
    """Lines of equal height, closer where it is steep, with the start and the goal."""
    (left, right), (low, high) = surface.window
    xs, ys = np.linspace(left, right, 200), np.linspace(low, high, 200)
    heights = np.array([[surface.value(x, y) for x in xs.tolist()] for y in ys.tolist()])
    bottom = heights.min()
    levels = bottom + (heights.max() - bottom) * np.linspace(0.01, 0.99, 16) ** 4
    axes.contour(xs, ys, heights, levels=np.unique(levels), colors=MUTED, linewidths=0.5, alpha=0.8)
    axes.plot(*surface.start, "o", color=INK, mfc="white", ms=5, zorder=5)
    axes.plot(*surface.goal, "*", color=INK, ms=9, zorder=5)
    axes.set(xlim=surface.window[0], ylim=surface.window[1])
    axes.grid(False)


def track(axes: Axes, x: list[float], y: list[float], colour: str, label: str) -> None:
    """One walk as a line with a dot at each of its first steps."""
    axes.plot(x, y, color=colour, lw=1.2, alpha=0.85, label=label)
    axes.plot(x[1:30], y[1:30], ".", color=colour, ms=3.5)
