"""Pictures of what the classifier of sentences has learned."""

from itertools import pairwise

from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.style import COLOURS, INK, MUTED, subplots


def words(weight: Float[Tensor, " features"], features: list[str], most: int = 20) -> Figure:
    """The features with the largest weights on either side."""
    figure, *panels = subplots(9, 5, 2)
    order = weight.argsort(stable=True)
    chosen = (("informative", order[:most], COLOURS[0]), ("imaginative", order.flip(0)[:most], COLOURS[1]))
    for axes, (title, indices, colour) in zip(panels, chosen, strict=True):
        axes.barh(range(len(indices)), weight[indices].abs().tolist(), color=colour)
        axes.set_yticks(range(len(indices)), [features[i] for i in indices.tolist()])
        axes.invert_yaxis()
        axes.grid(False, axis="y")
        axes.set_axisbelow(True)
        axes.set(title=f"speaks for {title} prose", xlabel="size of the weight")
    return figure


def rarity(weight: Float[Tensor, " features"], counts: Int[Tensor, " features"]) -> Figure:
    """How large weights are, by how many training sentences have the feature."""
    figure, axes = subplots(7, 3.8)
    edges = [1, 2, 3, 5, 10, 20, 50, 100, 300, 1000, 3000, int(counts.max()) + 1]
    middles, lines = [], {0.5: [], 0.9: [], 0.99: []}
    for low, high in pairwise(edges):
        sizes = weight[(counts >= low) & (counts < high)].abs().double()
        if len(sizes):
            middles.append((low * (high - 1)) ** 0.5)
            for share, line in lines.items():
                line.append(sizes.quantile(share).item())
    for colour, (share, line) in zip((INK, COLOURS[0], MUTED), lines.items(), strict=True):
        axes.plot(middles, line, "o-", color=colour, ms=4, label="half" if share == 0.5 else f"{100 * share:g} %")
    axes.set(xscale="log", xlabel="training sentences with the feature", ylabel="size of the weight is below this for")
    axes.set_title("Sizes of weights by how common their features are")
    axes.legend()
    return figure
