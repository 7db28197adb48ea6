"""Where the heads of a network look."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import Module

from firsthand.data.tokens import UNKNOWN
from firsthand.figures.images import COUNTS
from firsthand.figures.style import heading

LABELS = {UNKNOWN: "?", "": ".", " ": "_", "\n": "\\n", "\t": "\\t", "$": r"\$"}  # of tokens that show nothing or break


def shaded(axes: Axes, weights: np.ndarray, title: str, most: float | None = None) -> None:
    """Weights in shades, a row for each token that looks; the darkest is `most`, or the largest."""
    axes.imshow(weights, cmap=COUNTS, vmin=0, vmax=most)
    axes.grid(False)
    axes.set_title(title, fontsize=9)


@torch.no_grad()
def maps(network: Module, tokens: Int[Tensor, " time"], vocabulary: Any) -> Figure:
    """The weights of every head while the network reads these tokens, a row of panels for each block.

    `network.maps` gives them for a batch, block by block; a row of a panel shows where its token looks.
    """
    training = network.training
    network.eval()
    found = [heads[0].cpu() for heads in network.maps(tokens[None].to(next(network.parameters()).device))]
    network.train(training)
    words = [vocabulary.decode([token]) for token in tokens.tolist()]
    return heads(found, words, words)


def heads(found: Sequence[Float[Tensor, "heads _ _"]], rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """The weights of every head, a row of panels for each block; in each panel a row is a token that looks."""
    sides = (0.9 + 0.16 * len(columns), 0.9 + 0.16 * len(rows))
    figure = Figure(figsize=(max(2.5, sides[0]) * len(found[0]), max(2.6, sides[1]) * len(found)))
    panels = figure.subplots(len(found), len(found[0]), squeeze=False)
    upright = max(map(len, columns)) > 2
    for block, (line, weights) in enumerate(zip(panels, found, strict=True), 1):
        for head, (axes, shades) in enumerate(zip(line, weights, strict=True), 1):
            shaded(axes, shades.float().cpu().numpy(), f"block {block}, head {head}")
            axes.tick_params(length=0, labelsize=7)
            axes.set_xticks(range(len(columns)), [_shown(word) for word in columns], rotation=90 if upright else 0)
            axes.set_yticks(range(len(rows)), [_shown(word) for word in rows])
        line[0].set_ylabel("token that looks")
    for axes in panels[-1]:
        axes.set_xlabel("token looked at")
    return figure


def alignment(weights: Float[Tensor, "time places"], source: Sequence[str], target: Sequence[str]) -> Figure:
    """Which words of the source, from left to right, each word of the translation looks at, a row each."""
    figure = Figure(figsize=(1.6 + 0.34 * len(source), 1.4 + 0.3 * len(target)))
    axes = figure.subplots()
    shaded(axes, weights.float().cpu().numpy(), "")
    heading(figure, "Where each word of the translation looks")
    axes.set_xticks(range(len(source)), [_shown(token) for token in source], rotation=60, ha="left", va="bottom")
    axes.set_yticks(range(len(target)), [_shown(token) for token in target])
    axes.tick_params(length=0, labelsize=8, labeltop=True, labelbottom=False)
    axes.set(ylabel="translation")
    return figure


def _shown(token: str) -> str:
    """A token as a figure can show it."""
    return LABELS.get(token, token).replace("▁", "")
