"""The figure that several claims share."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firsthand.figures.curves import Runs, lines
from firsthand.figures.style import AMBER, BLUE, GREEN, INK, RED


def by_seed(
    seen: Runs,
    curve: Callable[[Mapping[str, list]], Float[np.ndarray, "points 2"]],
    finish: Callable[[Axes], Any] = lambda axes: None,
    **labels: Any,
) -> Figure:
    """A line a seed, a colour an arm; `curve` makes rows (x, y) of a run's series, `finish` draws the rest."""
    figure = Figure(figsize=(8, 4.2))
    axes = figure.subplots()
    for (name, runs), colour in zip(seen.items(), (BLUE, RED, GREEN, AMBER, INK), strict=False):
        lines(axes, [curve(run.result["series"]) for run in runs], colour, name, marker=".")
    axes.set(**labels)
    finish(axes)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure
