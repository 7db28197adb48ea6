"""Pictures of the network: its kernels, and the errors that are left when unsure digits are rejected."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.curves import lines
from firsthand.figures.images import show
from firsthand.figures.style import BLUE, INK, subplots
from firsthand.papers.zipcode.model import ZipNet
from firsthand.papers.zipcode.rejects import margins, substitutions

PRINTED = ((9.0, 1.0), (6.0, 2.0))  # rejects and substitutions on handwritten digits in per cent. Source: section 5


def kernels(network: ZipNet) -> Figure:
    """The kernels of the first maps, and those of the second: maps below down, maps above across.

    Without sharing, those of the middle of a map.
    """
    below = network.h1
    above = network.h3 if hasattr(network.h3, "dense") else network.h2
    first, second = (maps.dense().detach().cpu() for maps in (below, above))
    first, second = (k if k.ndim == 4 else k[:, :, k.shape[2] // 2] for k in (first, second))
    rows, columns = second.shape[1], second.shape[0]
    figure = Figure(figsize=(1.4 + 0.52 * columns, 0.9 + 0.5 * rows))
    left, right = figure.subfigures(1, 2, width_ratios=(1, 0.75 * columns))
    left.suptitle("H1", fontsize=11, fontweight="bold")
    for axes, kernel in zip(left.subplots(rows, 1), first[:, 0], strict=True):
        show(axes, kernel, signed=True, reach=first.abs().max().item())
    name = "H3" if above is not getattr(network, "h2", None) else "H2"
    right.suptitle(f"{name}: each map (column), and the maps below that it sees", fontsize=11, fontweight="bold")
    for source, line in enumerate(right.subplots(rows, columns, squeeze=False)):
        for m, axes in enumerate(line):
            show(axes, second[m, source], signed=True, reach=second.abs().max().item())
            if not second[m, source].any():
                axes.set_axis_off()
    return figure


def curve(outputs: Float[Tensor, "images classes"], targets: Int[Tensor, " images"]) -> np.ndarray:
    """Rows of rejects and substitutions in per cent of all images, by the margin."""
    wrong = outputs.argmax(1) != targets
    left = substitutions(margins(outputs), wrong)
    return 100 / len(targets) * np.column_stack([np.arange(len(left)), left.numpy()])


def rejects_of(outputs: Float[Tensor, "images classes"], targets: Int[Tensor, " images"]) -> Figure:
    """The curve of one trained network."""
    figure, axes = subplots(6, 3.8)
    lines(axes, [curve(outputs, targets)], BLUE, "this network", lw=2)
    dress(axes)
    axes.set(title="Rejects against errors on test digits")
    return figure


def dress(axes: Axes, printed: Sequence[tuple[float, float]] = PRINTED) -> None:
    """The paper's two points, and the part of the plane that matters."""
    axes.plot(*zip(*printed, strict=True), "D", color=INK, mfc="white", ms=7, label="the paper, handwritten digits")
    axes.set(xlim=(0, 25), ylim=(0, None), xlabel="rejected (% of all)", ylabel="read wrongly (% of all)")
    axes.legend()
