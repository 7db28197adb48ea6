"""The figures of a finished run: new pictures, and halves of test pictures completed."""

from collections.abc import Iterator
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Generator, Tensor

from firsthand.figures.images import gallery, show
from firsthand.figures.style import heading, subplots
from firsthand.papers.made.completing import drawn, half
from firsthand.papers.made.model import MADE
from firsthand.papers.made.sampling import comes_first

NEW, WAYS, SHOWN = 48, 3, 5  # new pictures, ways to complete one, and pictures completed for each half


def figures(task: Any, model: MADE) -> Iterator[tuple[str, Figure]]:
    """Of a network in training or not; it is left as it was."""
    training, generator = model.training, Generator().manual_seed(0)
    model.eval()
    inputs = model.config.inputs
    x = drawn(model, NEW, torch.zeros(inputs), torch.zeros(inputs, dtype=torch.bool), generator)
    figure = gallery(x.view(-1, *task.shape), columns=12, scale=0.8)
    heading(figure, "new pictures")
    yield "samples", figure
    agnostic, ordering = model.config.ordering == "agnostic", model.degrees(0)[0]
    pictures = task.test.batch(torch.arange(SHOWN))[0]
    rows = []
    for keep in ("top", "bottom", "left", "right"):
        known = half(task.shape, keep)
        if not (agnostic or comes_first(ordering, known)):  # what is missing would be drawn without what is given
            continue
        for picture in pictures.cpu():
            ways = drawn(model, WAYS, picture, known, generator)
            rows.append((keep, torch.cat([torch.where(known, picture, 0.35)[None], ways, picture[None]])))
    if rows:
        yield "completions", completions(rows, task.shape)
    model.train(training)


def completions(rows: list[tuple[str, Tensor]], shape: tuple[int, int]) -> Figure:
    """A row for each half that is kept: of each picture what is given, the ways to complete it, and the picture."""
    halves = list(dict.fromkeys(keep for keep, _ in rows))
    across = len(rows) // len(halves)
    wide = WAYS + 2
    figure, *_ = subplots(0.5 * wide * across + 0.6, 0.62 * len(halves) + 0.7, 1)
    figure.clear()
    axes = figure.subplots(len(halves), wide * across, squeeze=False)
    for place, (keep, pictures) in enumerate(rows):
        row, column = divmod(place, across)
        for offset, picture in enumerate(pictures):
            panel = axes[row][column * wide + offset]
            show(panel, picture.view(shape))
            if row == 0:
                title = "given" if offset == 0 else "true" if offset == wide - 1 else ""
                panel.set_title(title, fontsize=8, fontweight="normal", loc="center", pad=3)
        axes[row][0].set_ylabel(keep, fontsize=8.5)
    heading(figure, "half a test picture, three ways to complete it, and the picture")
    return figure
