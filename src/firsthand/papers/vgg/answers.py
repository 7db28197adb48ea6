"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Parameters = dict[str, Tensor]


def reach(layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How many pixels a side a unit of the last layer sees, and how many it lies apart from its neighbour."""
    pixels, apart = 1, 1
    for size, stride in layers:
        pixels += (size - 1) * apart
        apart *= stride
    return pixels, apart


def counts(blocks: Sequence[int], width: int, side: int, hidden: int, classes: int) -> tuple[int, int]:
    """The parameters of a configuration: those of its convolutions, and all."""
    convolutions, before = 0, 3
    for i, number in enumerate(blocks):
        channels = width * min(2**i, 8)
        for _ in range(number):
            convolutions += channels * (9 * before + 1)
            before = channels
    linear = hidden * (before * side * side + 1) + hidden * (hidden + 1) + classes * (hidden + 1)
    return convolutions, convolutions + linear


def block(
    x: Float[Tensor, "batch channels h w"], kernels: Sequence[Tensor], biases: Sequence[Tensor]
) -> Float[Tensor, "batch out h//2 w//2"]:
    """Some 3x3 convolutions, and the largest of every 2x2 pixels."""
    for kernel, bias in zip(kernels, biases, strict=True):
        x = torch.conv2d(x, kernel, bias, padding=1).clamp(min=0)
    return torch.max_pool2d(x, 2)


def dense(maps: Float[Tensor, "batch channels h w"], side: int, p: Parameters) -> Float[Tensor, "batch classes h2 w2"]:
    """Scores of all places where the linear layers fit, section 3.2."""
    kernels = p["fc6"].unflatten(1, (-1, side, side))
    x = torch.conv2d(maps, kernels, p["fc6_bias"]).clamp(min=0)
    x = torch.conv2d(x, p["fc7"][:, :, None, None], p["fc7_bias"]).clamp(min=0)
    return torch.conv2d(x, p["fc8"][:, :, None, None], p["fc8_bias"])


def probabilities(
    scores: Float[Tensor, "batch classes h w"], mirrored: Float[Tensor, "batch classes h w"]
) -> Float[Tensor, "batch classes"]:
    """Of an image's scores and those of its mirror image."""
    return sum(torch.softmax(one.mean((2, 3)), 1) for one in (scores, mirrored)) / 2


def vgg(
    images: Float[Tensor, "batch channels h w"], blocks: Sequence[int], side: int, p: Parameters
) -> Float[Tensor, "batch classes"]:
    """The probabilities of a network that is tested densely."""

    def scores(x: Tensor) -> Tensor:
        for i, number in enumerate(blocks, 1):
            names = [f"conv{i}_{j}" for j in range(1, number + 1)]
            x = block(x, [p[name] for name in names], [p[f"{name}_bias"] for name in names])
        return dense(x, side, p)

    return probabilities(scores(images), scores(images.flip(3)))
