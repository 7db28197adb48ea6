"""What a network costs, from its sizes alone: to sample a design space thousands are counted, and few are built."""

from dataclasses import dataclass

from firsthand.papers.regnet.model import Config


@dataclass(frozen=True)
class Cost:
    """Of one image."""

    parameters: int = 0  # weights, biases, gains and shifts
    products: int = 0  # multiply-adds of convolutions and of the linear layer; the paper calls them flops
    activations: int = 0  # numbers that all convolutions put out

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.parameters + other.parameters,
            self.products + other.products,
            self.activations + other.activations,
        )


def convolution(inputs: int, outputs: int, size: int, side: int, groups: int = 1) -> Cost:
    """A convolution of this size to maps of `side` pixels a side, with its batch normalisation."""
    kernels = inputs // groups * outputs * size**2
    return Cost(kernels + 2 * outputs, kernels * side**2, outputs * side**2)


def block(inputs: int, width: int, inside: int, group: int, stride: int, squeeze: bool, side: int) -> Cost:
    """A block whose input has `side` pixels a side."""
    after = -(-side // stride)
    found = convolution(inputs, inside, 1, side) + convolution(inside, width, 1, after)
    found += convolution(inside, inside, 3, after, inside // group)
    if stride != 1 or inputs != width:
        found += convolution(inputs, width, 1, after)
    if squeeze:
        squeezed = max(1, round(inputs / 4))
        pairs = 2 * inside * squeezed
        found += Cost(pairs + squeezed + inside, pairs, squeezed + inside)
    return found


def cost(config: Config, side: int) -> Cost:
    """Of the whole network, for images of `side` pixels a side."""
    before, side = config.stem, -(-side // config.stem_stride)
    found = convolution(config.channels, before, 3, side)
    for depth, width, ratio, group in zip(config.depths, config.widths, config.ratios, config.groups, strict=True):
        for j in range(depth):
            stride = 1 if j else 2
            found += block(before, width, round(width / ratio), group, stride, config.squeeze, side)
            before, side = width, -(-side // stride)
    return found + Cost((before + 1) * config.classes, before * config.classes)
