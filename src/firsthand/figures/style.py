"""How every figure looks: colours, plain numbers, and labels that keep out of each other's way. It needs no backend."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

INK, MUTED = "#1f2933", "#9aa5b1"
COLOURS = ("#2f6fb5", "#d1495b", "#3a9d6e", "#e0a030", "#7a5ea8", "#5aa9c9", "#8a6d4b")
BLUE, RED, GREEN, AMBER, VIOLET, SKY, BROWN = COLOURS
matplotlib.rcParams.update({
    "figure.dpi": 110, "savefig.bbox": "tight", "figure.constrained_layout.use": True,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": MUTED, "axes.labelcolor": INK,
    "axes.titlesize": 11, "axes.titleweight": "bold", "axes.titlelocation": "left", "text.color": INK,
    "xtick.color": INK, "ytick.color": INK, "axes.grid": True, "grid.color": "#e4e7eb", "legend.frameon": False,
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS), "font.size": 9.5,
})  # fmt: skip


def subplots(width: int | float, height: int | float, columns: int = 1, **layout: Any) -> tuple[Any, ...]:
    """A figure of this size in inches, and its panels side by side."""
    figure = Figure(figsize=(width, height))
    return figure, *figure.subplots(1, columns, squeeze=False, **layout)[0]


def heading(figure: Figure, words: str) -> None:
    """A title over all panels."""
    figure.suptitle(words, x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK)


def legend(axes: Axes, **style: Any) -> None:
    """A legend where there is something to explain."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(**style)


def plain(axis: Axis) -> None:
    """Numbers as people write them along a logarithmic axis: 0.5, 1, 2 instead of powers of ten; as many as there is
    room for."""
    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(LogLocator(10, (1, 2, 5) if high < 1000 * low else (1,)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def apart(heights: Sequence[float], least: float) -> list[float]:
    """Heights for labels: the same, but those that would overlap move up."""
    placed = list(heights)
    order = sorted(range(len(placed)), key=placed.__getitem__)
    for below, place in pairwise(order):
        placed[place] = max(placed[place], placed[below] + least)
    return placed


def beside(
    axes: Axes, x: int | float, labels: Sequence[tuple[str, float, str]], least: int | float, **style: Any
) -> None:
    """Labels (words, height, colour) beside the ends of lines, `least` apart: a factor on a logarithmic axis."""
    log = axes.get_yscale() == "log"
    heights = apart([np.log(y) if log else y for _, y, _ in labels], np.log(least) if log else least)
    for (words, _, colour), y in zip(labels, heights, strict=True):
        axes.text(x, np.exp(y) if log else y, words, color=colour, **({"va": "center", "fontsize": 9} | style))
