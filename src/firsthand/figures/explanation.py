"""What a network sees in pictures: class maps, what hiding a part costs, feature maps, kernels."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.bars import bars
from firsthand.figures.images import SIGNED, gallery, show
from firsthand.figures.style import heading


@runtime_checkable
class Explained(Protocol):
    """One picture and what a network says of it."""

    picture: Float[Tensor, "channel height width"]
    likeliest: tuple[tuple[str, float], ...]
    evidence: Float[Tensor, "h w"] | None
    hidden: Float[Tensor, "rows columns"]


def explanations(rows: Sequence[Explained]) -> Figure:
    """A row a picture."""
    mapped = any(row.evidence is not None for row in rows)
    figure = Figure(figsize=(9.6 if mapped else 7.4, 2.3 * len(rows)))
    columns = 4 if mapped else 3
    for panels, row in zip(figure.subplots(len(rows), columns, squeeze=False), rows, strict=True):
        show(panels[0], row.picture)
        if mapped:
            over(panels[1], row.picture, row.evidence)
        over(panels[-2], row.picture, row.hidden)
        names, shares = zip(*row.likeliest, strict=True)
        percents = [100 * share for share in shares]
        bars(panels[-1], names, percents, [f"{share:.0f} %" for share in percents])
        panels[-1].set(xlim=(0, 135), xticks=[])
        panels[-1].spines[:].set_visible(False)
        panels[-1].tick_params(length=0)
    words = ["picture", *(["evidence for its class"] if mapped else []), "cost of hiding a part", ""]
    for axes, word in zip(figure.axes[:columns], words, strict=True):
        axes.set_title(word, fontsize=9, fontweight="normal")
    return figure


def over(axes: Axes, picture: Float[Tensor, "channel height width"], values: Float[Tensor, "h w"] | None) -> None:
    """Values as colours over the picture in grey: blue speaks for the class, red against it."""
    if values is None:
        axes.set_axis_off()
        return
    _, height, width = picture.shape
    grey = picture.mean(0).numpy()
    axes.imshow(grey if len(picture) > 1 else 1 - grey, cmap="gray", vmin=0, vmax=1)
    values = np.asarray(values / values.abs().max().clamp(min=1e-12))
    axes.imshow(
        values, cmap=SIGNED, vmin=-1, vmax=1, alpha=0.8 * np.abs(values), interpolation="bilinear",
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
    )  # fmt: skip
    axes.set(xticks=[], yticks=[])
    axes.grid(False)


def maps(picture: Float[Tensor, "channel height width"], layers: Mapping[str, Float[Tensor, "maps h w"]]) -> Figure:
    """Feature maps, a row a layer from the first to the last, each map with its own scale; the picture before them."""
    most = max(map(len, layers.values()))
    figure = Figure(figsize=(0.95 * (most + 2), 1.15 * len(layers) + 0.3))
    grid = figure.add_gridspec(len(layers), most + 2)
    first = figure.add_subplot(grid[:, :2])
    show(first, picture)
    first.set_title("picture", fontsize=9, fontweight="normal", loc="center")
    for row, (name, found) in enumerate(layers.items()):
        for column, values in enumerate(found):
            axes = figure.add_subplot(grid[row, column + 2])
            show(axes, values, signed=True)
            if not column:
                size = "x".join(map(str, values.shape))
                axes.set_title(f"{name}, {size}", fontsize=8, fontweight="normal", loc="left", pad=3)
    return figure


def kernels(weight: Float[Tensor, "out in height width"], title: str) -> Figure:
    """The kernels of a first layer: of three channels in colour, of one by sign, each with its own scale."""
    coloured = weight.shape[1] == 3
    images = weight if coloured else weight.mean(1)
    figure = gallery(images, columns=min(16, len(images)), signed=not coloured, scale=0.55)
    heading(figure, title)
    return figure
