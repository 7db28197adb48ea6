"""A perceptron slid over an image beside a convolution and two of 1x1 pixels, and means beside a linear layer."""

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, equal
from firsthand.claims.bench.descent import seeded
from firsthand.figures.curves import Runs, series
from firsthand.figures.images import show
from firsthand.figures.style import BLUE, MUTED, subplots
from firsthand.nn import global_avg_pool2d, linear
from firsthand.papers.nin.model import NiN, averaging, mlpconv
from firsthand.papers.nin.variants import VARIANTS


def identity(variant: str = "cifar10", block: int = 1, side: int = 16, seed: int = 0) -> Outcome:
    """The largest differences, as shares of the largest value, between a block of a network and what it stands for.

    Args:
        variant: whose block it is, with its first weights ten times as large.
        block: its number, from 1.
        side: pixels a side of what it sees.
        seed: of weights and images.
    """
    generator = seeded(seed)
    network = NiN(VARIANTS[variant]).double()
    layers = [getattr(network, name) for name in network.blocks[block - 1]]
    for layer in layers:
        layer.weight.data *= 10
        layer.bias.data.normal_()
    first, channels = layers[0], layers[0].weight.shape[1]
    x = torch.randn(2, channels, side, side, dtype=torch.float64, generator=generator)
    slid, stacked = mlpconv(x, layers, first.stride, first.padding), x
    for layer in layers:
        stacked = layer(stacked).clamp(min=0)
    weights = [p for layer in layers for p in (layer.weight, layer.bias)]
    ours, theirs = (torch.autograd.grad(y.square().mean(), weights) for y in (slid, stacked))
    maps = stacked.detach()[:, :10]
    means, mapped = global_avg_pool2d(maps), linear(maps.flatten(1), averaging(maps.shape[1], *maps.shape[2:]))
    chosen = torch.randint(slid.numel(), (200,), generator=generator)
    pairs = torch.stack([y.detach().flatten()[chosen] / stacked.max().item() for y in (slid, stacked)], 1)
    return {
        "values": apart([slid], [stacked]),
        "gradients": apart(ours, theirs),
        "means": apart([means], [mapped]),
        "pairs": pairs.tolist(),
    }


def apart(ours: tuple | list, theirs: tuple | list) -> float:
    """The largest difference between two lists of tensors, each as a share of the largest number of its own tensor."""
    return max(((a - b).abs().max() / b.abs().max()).item() for a, b in zip(ours, theirs, strict=True))


VALUES = Measure("values", "difference of the maps", digits=17)
GRADIENTS = Measure("gradients", "difference of the gradients of weights and biases", digits=17)
MEANS = Measure("means", "difference of the means and the linear layer", digits=17)
ARMS = (
    Arm("first block for CIFAR-10, 5x5", experiment=identity),
    Arm("last block for CIFAR-10, 3x3", experiment=identity, overrides={"block": 3, "side": 8}),
    Arm("first for ImageNet, 11x11 every 4", experiment=identity, overrides={"variant": "imagenet", "side": 47}),
)


def figure(seen: Runs) -> Figure:
    """Values of a map computed both ways, and the weights with which a linear layer is global average pooling."""
    figure, left, right = subplots(10.5, 3.9, 2, width_ratios=(1, 1.6))
    for runs in seen.values():
        for pairs in series(runs, "pairs"):
            left.plot(*pairs.T, "o", color=BLUE, ms=3, alpha=0.25)
    left.plot([0, 1], [0, 1], color=MUTED, lw=0.8, zorder=0)
    left.set(xlabel="perceptron on every patch", ylabel="convolutions of kxk, 1x1 and 1x1 pixels")
    left.set_title("Units of three blocks, largest 1")
    show(right, averaging(4, 3, 3), signed=True)
    right.set(xlabel="pixels of 4 maps of 3x3", ylabel="logits", title="A linear layer that takes means")
    return figure


CLAIM = Claim(
    key="identity",
    kind="identity",
    statement="A perceptron that slides over an image is a convolution and two of 1x1 pixels, and global average "
    "pooling is a linear layer with fixed weights.",
    where="secs. 3.1 and 3.2",
    measures=(VALUES, GRADIENTS, MEANS),
    arms=ARMS,
    conditions=(
        equal(VALUES.of(*(arm.name for arm in ARMS)), 0, to=1e-12),
        equal(GRADIENTS.of(*(arm.name for arm in ARMS)), 0, to=1e-12),
        equal(MEANS.of(*(arm.name for arm in ARMS)), 0, to=1e-12),
    ),
    remark="Values, and gradients of their mean square, in double precision; 1e-12 leaves room for sums of thousands "
    "of products in another order. The linear layer's weights are one over the number of pixels from the map of its "
    "own class and zero from the others: a linear layer that is trained could become it, and need not.",
    figure=figure,
)
