"""Words on a plane, near one another where their vectors point alike."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from firsthand.data.wordvectors import WordVectors
from firsthand.figures.style import COLOURS, subplots

FEWEST = 10  # words of which there is something to see


def plane(directions: Float[np.ndarray, "words embed"], words: Sequence[str], title: str) -> Figure:
    """The words on a plane by t-SNE; colours are groups that k-means finds in all dimensions."""
    from sklearn.cluster import KMeans
    from sklearn.manifold import TSNE

    figure, axes = subplots(11, 8)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if len(words) >= FEWEST:
        groups = KMeans(len(COLOURS), n_init=5, random_state=0).fit_predict(directions.astype(np.float64))
        perplexity = min(15, (len(words) - 1) / 3)
        places = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(directions.astype(np.float32))
        for place, group, word in zip(places, groups, words, strict=True):
            shown = word.replace("$", r"\$")  # which begins a formula
            axes.text(*place, shown, color=COLOURS[group], fontsize=8.5, ha="center", va="center")
        low, high = places.min(0), places.max(0)
        axes.set(xlim=(low[0] - 1, high[0] + 1), ylim=(low[1] - 1, high[1] + 1))
    axes.set_title(title)
    return figure


def word_map(vectors: WordVectors, words: Sequence[str] = (), most: int = 200, about: int = 20) -> Figure:
    """The frequent words, or the given ones and the `about` nearest of each, on a plane by t-SNE."""
    if words:
        chosen = [near for word in words for near in (word, *(w for w, _ in vectors.nearest([word], count=about)))]
        rows = [vectors.row(word) for word in dict.fromkeys(chosen)]
        title = f"{', '.join(words)} and the nearest words (t-SNE)"
    else:
        rows = [row for row, word in enumerate(vectors.words) if word[:1].isalpha()][:most]
        title = f"The {len(rows)} most frequent words by their vectors (t-SNE)"
    rows = list(dict.fromkeys(rows))
    centred = vectors.directions[rows] - vectors.directions[rows].mean(0)
    lengths = np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return plane(centred / lengths, [vectors.words[row] for row in rows], title)
