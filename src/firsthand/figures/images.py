"""Pictures of what a network that classifies images has learned and still gets wrong."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.bars import bars
from firsthand.figures.style import COLOURS, INK, MUTED, heading, subplots

# Minus is red, plus is blue, nothing is white; counts go from white to blue.
SIGNED = LinearSegmentedColormap.from_list("signed", [COLOURS[1], "white", COLOURS[0]])
MATRIX = 20  # classes up to which every pair has its place in the figure
COUNTS = LinearSegmentedColormap.from_list("counts", ["white", COLOURS[0]])


def confusion(
    targets: Int[Tensor, " images"],
    predicted: Int[Tensor, " images"],
    classes: Sequence[str],
    kind: str = "test images",
) -> Figure:
    """How many images of each class (row) were taken for each class (column); the shades show the mistakes only.

    Of more than 20 classes the mistakes that were made most often.
    """
    size = len(classes)
    counts = torch.bincount(targets * size + predicted, minlength=size * size).view(size, size)
    mistakes = counts.clone().fill_diagonal_(0)
    title = f"{int(mistakes.sum()):,} of {len(targets):,} {kind} wrong"
    if size > MATRIX:
        return _most_often(mistakes, classes, title)
    figure = Figure(figsize=(5.4 + 0.3 * max(size - 10, 0), 5 + 0.3 * max(size - 10, 0)), layout="constrained")
    axes = figure.subplots()
    top = max(int(mistakes.max()), 1)
    axes.imshow(mistakes.numpy(), cmap=COUNTS, vmin=0, vmax=1.25 * top)
    for row in range(size):
        for column in range(size):
            if count := int(counts[row, column]):
                axes.text(
                    column, row, f"{count}", ha="center", va="center", fontsize=8,
                    color=MUTED if row == column else INK, fontweight="normal" if row == column else "bold",
                )  # fmt: skip
    slanted = {"rotation": 45, "ha": "right"} if max(map(len, classes)) > 4 else {}
    axes.set_xticks(range(size), classes, **slanted)
    axes.set_yticks(range(size), classes)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set(xlabel="taken for", ylabel="is", title=title)
    return figure


def _most_often(mistakes: Int[Tensor, "classes classes"], classes: Sequence[str], title: str) -> Figure:
    """The twenty mistakes that were made most often, as bars."""
    counts, places = mistakes.flatten().sort(descending=True, stable=True)
    rows = [(int(count), *divmod(int(place), len(classes))) for count, place in zip(counts[:20], places, strict=False)]
    rows = [row for row in rows if row[0]]
    short = [name if len(name) <= 22 else f"{name[:21]}…" for name in classes]
    names = [f"{short[is_]} → {short[taken]}" for _, is_, taken in rows]
    figure, axes = subplots(7.6, 1.2 + 0.22 * max(len(rows), 4))
    bars(axes, names, [row[0] for row in rows], [str(row[0]) for row in rows])
    axes.margins(x=0.1)
    axes.locator_params(axis="x", integer=True)
    axes.set(xlabel="images of the most frequent mistakes, is → taken for", title=title)
    return figure


def mistakes(images: Float[Tensor, "images channel height width"], titles: Sequence[str]) -> Figure:
    """Some images in rows of eight, each with its title; those of one channel as ink on paper."""
    figure = gallery(images, titles, columns=8)
    heading(figure, "highest loss: is → taken for")
    return figure


def gallery(
    images: Float[Tensor, "images *shape"],
    titles: Sequence[str] | None = None,
    columns: int = 8,
    signed: bool = False,
    scale: float = 1.0,
) -> Figure:
    """Images in rows: colours (channel, height, width), ink on paper, or, `signed`, minus red and plus blue.

    `scale` is inches an image.
    """
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(scale * columns, (scale + (0.2 if titles else 0)) * rows + 0.3))
    for place, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        if place >= len(images):
            axes.set_axis_off()
            continue
        show(axes, images[place], signed)
        if titles:
            axes.set_title(titles[place], fontsize=8.5, fontweight="normal", loc="center", pad=3)
    return figure


def show(axes: Axes, image: Float[Tensor, "*shape"], signed: bool = False, reach: float = 0.0) -> None:
    """One image on some axes; `reach` is the value of the darkest blue when signed, 0 for the image's own largest."""
    image = image[0] if image.ndim == 3 and len(image) == 1 else image
    if image.ndim == 3:
        low, high = image.min(), image.max()
        axes.imshow(((image - low) / (high - low).clamp(min=1e-12)).permute(1, 2, 0).numpy())
    elif signed:
        reach = reach or image.abs().max().item()
        axes.imshow(image.numpy(), cmap=SIGNED, vmin=-reach, vmax=reach)
    else:
        axes.imshow(image.numpy(), cmap="gray_r")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    axes.spines[:].set(visible=True, color=MUTED, linewidth=0.6)
