"""Pictures of what the networks have learned: new ones, old ones made again, and the plane of two latents."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.style import COLOURS, MUTED, subplots
from firsthand.nn import sigmoid
from firsthand.papers.vae.model import VAE
from firsthand.train.sheet import sheet

SIDE = 20  # pictures on each side of the plane
SHOWN = 3000  # test pictures whose latents are dots


def drawn(task: Any, model: VAE) -> Iterator[tuple[str, Figure]]:
    """The figures of a finished run."""
    training = model.training
    model.eval()
    with torch.no_grad():
        x = task.test.batch(torch.arange(min(SHOWN, len(task.test))))[0]
        like = next(model.parameters())
        mean = model.encode(x.to(like))[0]
        size = (1, *task.shape)
        some = x[:12]
        again = model(some.to(like)).cpu()
        yield "reconstructions", tiled(torch.cat([some, again]).view(-1, *size), 12, "Test pictures, and made again")
        z = torch.randn(100, mean.shape[1], generator=torch.Generator().manual_seed(0)).to(like)
        yield "samples", tiled(decoded(model, z).view(-1, *size), 10, "New pictures: latents drawn from N(0, I)")
        way = torch.linspace(0, 1, 10).to(like)[:, None]
        paths = torch.cat([mean[i] + way * (mean[i + 1] - mean[i]) for i in range(0, 10, 2)])
        yield "between", tiled(decoded(model, paths).view(-1, *size), 10, "On straight lines between test pictures")
        if mean.shape[1] == 2:
            yield "plane", tiled(decoded(model, plane(SIDE).to(like)).view(-1, *size), SIDE, "The plane of the latents")
        labels = None if task.labels is None else task.labels[2][: len(mean)]
        yield "latents", latents(mean.cpu(), labels, task.classes)
    model.train(training)


def decoded(model: VAE, z: Float[Tensor, "pictures latent"]) -> Float[Tensor, "pictures pixels"]:
    """The means of the pixels."""
    return sigmoid(model.decode(z)[0]).cpu().float()


def plane(side: int) -> Float[Tensor, "points 2"]:
    """The centres of `side` times `side` squares of equal probability: a unit square through the inverse normal.

    The first latent grows from left to right, the second from below. Source: figure 4.
    """
    line = torch.special.ndtri((torch.arange(side) + 0.5) / side)
    return torch.stack([line.repeat(side), line.flip(0).repeat_interleave(side)], 1)


def tiled(pictures: Float[Tensor, "pictures channel height width"], columns: int, title: str) -> Figure:
    """Pictures in rows, as bright as they are."""
    rows = -(-len(pictures) // columns)
    height = 0.42 * rows * pictures.shape[2] / pictures.shape[3]
    figure, axes = subplots(0.42 * columns + 0.2, height + 0.4)
    tiles(axes, pictures, columns)
    axes.set_title(title)
    return figure


def tiles(axes: Axes, pictures: Float[Tensor, "pictures channel height width"], columns: int) -> None:
    """The same on some axes."""
    axes.imshow(sheet(pictures, columns)[..., 0], cmap="gray", vmin=0, vmax=255, interpolation="antialiased")
    axes.set_axis_off()


def latents(
    mean: Float[Tensor, "pictures latent"], labels: Int64[Tensor, " pictures"] | None, classes: Sequence[str]
) -> Figure:
    """Where q(z|x) of test pictures lies, coloured by class: both latents, or their two principal components."""
    figure, axes = subplots(6.4, 5.2)
    points, title = mean, "Where the latents of test pictures lie"
    names = ("z₁", "z₂")
    if mean.shape[1] != 2:
        centred = mean - mean.mean(0)
        points = centred @ torch.linalg.svd(centred, full_matrices=False).Vh[:2].T
        names = ("first principal component", "second")
    spread(axes, points.numpy(), None if labels is None else labels.numpy(), classes)
    axes.set(title=title, xlabel=names[0], ylabel=names[1], aspect="equal")
    return figure


def spread(axes: Axes, points: np.ndarray, labels: np.ndarray | None, classes: Sequence[str]) -> None:
    """Dots, a colour a class."""
    if labels is None:
        axes.plot(*points.T, ".", ms=3, alpha=0.6)
        return
    colours = (*COLOURS, MUTED, "#f08bb4", "#1f2933")
    for number, name in enumerate(classes):
        axes.plot(*points[labels == number].T, ".", ms=3, alpha=0.6, color=colours[number % 10], label=name)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), markerscale=3)
