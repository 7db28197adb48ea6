"""The general figure of a claim: every seed's number, our mean, and the paper's number, arm by arm."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firsthand.figures.style import COLOURS, heading, plain

LEAST = 0.2  # of the largest number: a shorter axis would make small differences look large


def picture(claim: dict[str, Any]) -> Figure:
    """A panel for each measure that is not one number throughout, two side by side, arms in the claim's order.

    Numbers of parameters stand in the table alone: on an axis of their own, nearly equal ones would look far apart.
    """
    arms = claim["arms"]
    found = {m["name"]: {v for arm in arms for v in (*arm["ours"][m["name"]], arm["paper"].get(m["name"]))} - {None}
             for m in claim["measures"]}  # fmt: skip
    telling = [m for m in claim["measures"] if len(found[m["name"]]) != 1 and m["name"] != "params"]
    measures = telling or claim["measures"]
    columns = min(2, len(measures))
    lines = -(-len(measures) // columns)
    figure = Figure(figsize=(5.2 * columns + 1.2, lines * (1.1 + 0.36 * len(arms)) + 0.5))
    panels = list(figure.subplots(lines, columns, squeeze=False, sharey=True).flat)
    source = "source" if claim["kind"] == "a secondary number" else "paper"
    for axes, measure in zip(panels, measures, strict=False):
        panel(axes, arms, measure, source)
        span(axes, found[measure["name"]])
    for axes in panels[len(measures) :]:
        axes.set_axis_off()
    labelled = max(panels, key=lambda axes: len(axes.get_legend_handles_labels()[0]))
    figure.legend(*labelled.get_legend_handles_labels(), loc="outside upper right", ncols=3, fontsize=8)
    heading(figure, claim["key"])
    return figure


def panel(axes: Axes, arms: list[dict[str, Any]], measure: dict[str, Any], source: str) -> None:
    """One measure of every arm, a row each."""
    mark = {"color": COLOURS[1], "ms": 6, "mfc": "none", "mew": 1.6}
    for row, arm in enumerate(arms):
        ours = arm["ours"][measure["name"]]
        values = [value for value in ours if value is not None]
        named = row == 0
        dots(axes, row, values, COLOURS[0], ms=5, alpha=0.5, label="ours, each seed" if named else None)
        if values and len(values) == len(ours):
            axes.plot([mean(values)], [row], "|", color=COLOURS[0], ms=18, mew=2, label="ours, mean" if named else None)
        if measure["name"] in arm["paper"]:
            axes.plot([arm["paper"][measure["name"]]], [row], "D", **mark)
    if any(measure["name"] in arm["paper"] for arm in arms):
        axes.plot([], [], "D", label=source, **mark)
    rows(axes, [arm["name"] for arm in arms])
    axes.set_xlabel(measure["label"])


def span(axes: Axes, numbers: set[float]) -> None:
    """A logarithmic axis for numbers of many sizes; one that is not too short for numbers of one size."""
    if not numbers:
        return
    low, high = min(numbers), max(numbers)
    if low > 0 and high > 20 * low:
        axes.set_xscale("log")
        plain(axes.xaxis)
    elif high - low < LEAST * max(abs(low), abs(high)):
        middle, half = (low + high) / 2, LEAST * max(abs(low), abs(high)) / 2
        axes.set_xlim(middle - 1.05 * half, middle + 1.05 * half)


def rows(axes: Axes, names: Sequence[str], room: float = 0.6) -> None:
    """A row for each name, from top to bottom, with this room above the first and below the last."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 1 + room, -room)


def dots(axes: Axes, row: int, values: Sequence[float] | np.ndarray, colour: str, **style: Any) -> None:
    """The numbers of every seed in a row."""
    axes.plot(values, [row] * len(values), "o", color=colour, **({"ms": 6, "alpha": 0.6} | style))
