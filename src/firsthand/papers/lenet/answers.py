"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]


def squash(a: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The scaled hyperbolic tangent, equation 6."""
    return 1.7159 * torch.tanh(2 / 3 * a)


def convolve(
    x: Float[Tensor, "batch in h w"], weight: Float[Tensor, "out in k k"], bias: Float[Tensor, " out"]
) -> Float[Tensor, "batch out h-k+1 w-k+1"]:
    """What every map sums up at every place where its kernels fit, before squashing."""
    k = weight.shape[-1]
    patches = x.unfold(2, k, 1).unfold(3, k, 1)
    return torch.einsum("bcijuv, ocuv -> boij", patches, weight) + bias[:, None, None]


def subsample(
    x: Float[Tensor, "batch map h w"], gain: Float[Tensor, " map"], bias: Float[Tensor, " map"]
) -> Float[Tensor, "batch map h//2 w//2"]:
    """Maps of half the height and width, before squashing."""
    squares = x.unfold(2, 2, 2).unfold(3, 2, 2)
    return gain[:, None, None] * squares.sum((-2, -1)) + bias[:, None, None]


def connect(
    x: Float[Tensor, "batch in h w"],
    table: Bool[Tensor, "out in"],
    kernels: Float[Tensor, "connections k k"],
    bias: Float[Tensor, " out"],
) -> Float[Tensor, "batch out h-k+1 w-k+1"]:
    """C3: a convolution whose maps see only some of the maps below, before squashing."""
    weight = kernels.new_zeros(*table.shape, *kernels.shape[1:])
    weight[table] = kernels
    return convolve(x, weight, bias)


def loss(
    x: Float[Tensor, "batch units"],
    codes: Float[Tensor, "classes units"],
    target: Int[Tensor, " batch"],
    j: float,
) -> tuple[Float[Tensor, "batch classes"], Float[Tensor, ""]]:
    """The distances from the codes, equation 7, and their criterion, equation 9."""
    y = ((x[:, None] - codes) ** 2).sum(2)
    right = y.gather(1, target[:, None])
    scores = torch.cat([-y, torch.full_like(right, -j)], 1)
    return y, (right.squeeze(1) + scores.logsumexp(1)).mean()


def lenet5(
    images: Float[Tensor, "batch 1 h w"],
    target: Int[Tensor, " batch"],
    table: Bool[Tensor, "out in"],
    j: float,
    p: Parameters,
) -> tuple[Float[Tensor, "batch classes"], Float[Tensor, ""]]:
    """The network of figure 2: the distances, and their criterion."""
    x = squash(convolve(images, p["c1"], p["c1_bias"]))
    x = squash(subsample(x, p["s2"], p["s2_bias"]))
    x = squash(connect(x, table, p["c3"], p["c3_bias"]))
    x = squash(subsample(x, p["s4"], p["s4_bias"]))
    x = squash(convolve(x, p["c5"], p["c5_bias"])).flatten(1)
    x = squash(x @ p["f6"].T + p["f6_bias"])
    return loss(x, p["codes"], target, j)
