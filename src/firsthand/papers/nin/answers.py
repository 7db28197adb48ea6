"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]


def across(
    x: Float[Tensor, "batch maps h w"], W: Float[Tensor, "out maps"], b: Float[Tensor, " out"]
) -> Float[Tensor, "batch out h w"]:
    """The same layer of a perceptron at every pixel: a convolution of 1x1 pixels, rectified."""
    return (torch.einsum("bmij, om -> boij", x, W) + b[:, None, None]).clamp(min=0)


def mlpconv(
    x: Float[Tensor, "batch maps h w"],
    kernels: Float[Tensor, "first maps k k"],
    b_1: Float[Tensor, " first"],
    W_2: Float[Tensor, "second first"],
    b_2: Float[Tensor, " second"],
    W_3: Float[Tensor, "third second"],
    b_3: Float[Tensor, " third"],
) -> Float[Tensor, "batch third h w"]:
    """A perceptron of three layers that looks at the patch around every pixel, equation 2."""
    k = kernels.shape[-1]
    patches = torch.constant_pad_nd(x, (k // 2,) * 4).unfold(2, k, 1).unfold(3, k, 1)
    f_1 = (torch.einsum("bmijuv, omuv -> boij", patches, kernels) + b_1[:, None, None]).clamp(min=0)
    f_2 = across(f_1, W_2, b_2)
    return across(f_2, W_3, b_3)


def pool(x: Float[Tensor, "batch maps h w"]) -> Float[Tensor, "batch maps h//2 w//2"]:
    """The largest of every 3x3 pixels, 2 pixels apart, as far as the map goes."""
    over = (0, 1 - x.shape[3] % 2, 0, 1 - x.shape[2] % 2)
    return torch.constant_pad_nd(x, over, float("-inf")).unfold(2, 3, 2).unfold(3, 3, 2).amax((-2, -1))


def averaging(classes: int, height: int, width: int) -> Float[Tensor, "{classes} {classes*height*width}"]:
    """The matrix with which a linear layer of all pixels is global average pooling."""
    matrix = torch.zeros(classes, classes, height, width, dtype=torch.float64)
    for c in range(classes):
        matrix[c, c] = 1 / (height * width)
    return matrix.flatten(1)


def loss(
    maps: Float[Tensor, "batch classes h w"], target: Int[Tensor, " batch"]
) -> tuple[Float[Tensor, "batch classes"], Float[Tensor, ""]]:
    """The logits, means of the class maps, and their cross-entropy."""
    logits = maps.mean((2, 3))
    return logits, -torch.log_softmax(logits, 1).gather(1, target[:, None]).mean()


def nin(images: Float[Tensor, "batch channel h w"], p: Parameters) -> Float[Tensor, "batch classes"]:
    """The logits of a network of three blocks, without dropout."""

    def block(x: Tensor, *names: str) -> Tensor:
        return mlpconv(x, *(p[key] for name in names for key in (name, f"{name}_bias")))

    x = pool(block(images, "conv1", "cccp1", "cccp2"))
    x = pool(block(x, "conv2", "cccp3", "cccp4"))
    return block(x, "conv3", "cccp5", "cccp6").mean((2, 3))
