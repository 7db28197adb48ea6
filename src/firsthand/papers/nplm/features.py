"""What stands near what in the space of word features."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.style import COLOURS, subplots
from firsthand.figures.words import plane

KNOWN = 10  # times a word must have been seen for its vector to mean something


def shown(words: Sequence[str], counts: Int[Tensor, " vocab"], most: int) -> list[int]:
    """The most frequent words that are words, not marks, and were seen often enough, by falling frequency."""
    ranked = counts.argsort(descending=True, stable=True).tolist()
    return [i for i in ranked if i and counts[i] >= KNOWN and words[i][0].isalpha()][:most]


def directions(features: Float[Tensor, "words embed"]) -> Float[Tensor, "words embed"]:
    """Centred, and all of length 1."""
    centred = features - features.mean(0)
    return centred / centred.norm(dim=1, keepdim=True).clamp(min=1e-12)


def neighbours(
    features: Float[Tensor, "vocab embed"], words: Sequence[str], counts: Int[Tensor, " vocab"], rows: int = 16
) -> Figure:
    """Words of falling frequency, and the six nearest of each by the cosine of their centred features."""
    pool = shown(words, counts, 2000)
    ranks = np.geomspace(4, max(len(pool) // 2, 5), rows).astype(int)
    chosen = [rank for rank in dict.fromkeys(ranks.tolist()) if rank < len(pool)]
    centred = directions(features[pool])
    near, order = (centred[chosen] @ centred.T).sort(dim=1, descending=True, stable=True)
    figure, axes = subplots(9, 0.9 + 0.29 * len(chosen))
    axes.axis("off")
    for row, place in enumerate(chosen):
        axes.text(0, -row, words[pool[place]], color=COLOURS[0], fontweight="bold", fontsize=10)
        others = [(i, c) for i, c in zip(order[row].tolist(), near[row].tolist(), strict=True) if i != place][:6]
        for column, (other, cosine) in enumerate(others):
            axes.text(0.17 + 0.14 * column, -row, words[pool[other]], fontsize=10, alpha=0.35 + 0.65 * max(cosine, 0))
    axes.set(xlim=(0, 1), ylim=(-len(chosen) + 0.5, 0.8))
    axes.set_title("Nearest words in the feature space (the paler, the farther)")
    return figure


def word_map(
    features: Float[Tensor, "vocab embed"], words: Sequence[str], counts: Int[Tensor, " vocab"], most: int = 180
) -> Figure:
    """The frequent words on a plane by t-SNE; colours are groups that k-means finds in all dimensions."""
    pool = shown(words, counts, most)
    title = f"The {len(pool)} most frequent words by their features (t-SNE)"
    return plane(directions(features[pool]).numpy(), [words[i] for i in pool], title)
