"""Bars from top to bottom, each with its name before it and a remark behind it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.style import BLUE, subplots


def bars(
    axes: Axes,
    names: Sequence[str],
    lengths: Sequence[float | int],
    remarks: Sequence[str] = (),
    color: str | Sequence[str] = BLUE,
) -> None:
    """A bar for each name; the axis needs room for the remarks."""
    axes.barh(range(len(names)), lengths, color=color, height=0.7)
    for row, remark in enumerate(remarks):
        axes.annotate(remark, (lengths[row], row), (4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_axisbelow(True)
    axes.grid(axis="y", visible=False)


def by_class(
    targets: Int[Tensor, " examples"], outputs: Float[Tensor, "examples classes"], labels: Sequence[str], title: str
) -> Figure:
    """The share of right answers of the 24 most frequent classes."""
    known = {"minlength": len(labels)}
    hits, counts = np.bincount(targets[outputs.argmax(1) == targets], **known), np.bincount(targets, **known)
    chosen = [i for i in np.argsort(-counts, kind="stable")[:24] if counts[i]]
    shares = 100 * hits[chosen] / counts[chosen]
    figure, axes = subplots(8, 1.4 + 0.22 * len(chosen))
    remarks = [f"{share:.0f} % of {counts[i]:,}" for i, share in zip(chosen, shares, strict=True)]
    bars(axes, [labels[i] for i in chosen], shares.tolist(), remarks)
    axes.set(xlim=(0, 118), xticks=range(0, 101, 20), xlabel="right (%)", title=title)
    return figure
