"""How much CPU time something takes, and with which power of a size it grows."""

from collections.abc import Callable, Sequence
from statistics import median
from time import process_time

import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.curves import Runs, against
from firsthand.figures.style import COLOURS, subplots


def timed(function: Callable[[], object], least: float = 0.2) -> float:
    """Median milliseconds of CPU time of a call, over `least` seconds and five calls or more, after one to warm up."""
    function()
    found: list[float] = []
    while len(found) < 5 or sum(found) < 1000 * least:
        began = process_time()
        function()
        found.append(1000 * (process_time() - began))
    return median(found)


def power(sizes: Sequence[int | float], times: Sequence[int | float]) -> float:
    """The power of the size with which the time grows: the slope of the line through the logarithms."""
    return slope(*(torch.tensor(values, dtype=torch.float64).log() for values in (sizes, times)))


def slope(x: Float[Tensor, " points"], y: Float[Tensor, " points"]) -> float:
    """That of the straight line with the least squared error."""
    x = x - x.mean()
    return (x @ (y - y.mean()) / (x @ x)).item()


def milliseconds(seen: Runs, sizes: Sequence[int], along: str, title: str) -> Figure:
    """The series `times` against sizes, both logarithmic, a dot a seed."""
    figure, axes = subplots(7.6, 4.2)
    axes.set(yscale="log", xlabel=along, ylabel="CPU milliseconds", title=title)
    against(axes, seen, "times", sizes, COLOURS[: len(seen)], 1.4)
    return figure
