"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]
Sees = tuple[tuple[int, ...], ...]  # for each map, the maps below that it sees, by their places from 0


def field(pictures: Float[Tensor, "batch 1 n n"], side: int) -> Float[Tensor, "batch 1 {side} {side}"]:
    """The pictures in the middle of a field of paper."""
    n = pictures.shape[-1]
    start = (side - n) // 2
    x = pictures.new_full((len(pictures), 1, side, side), -1.0)
    x[:, :, start : start + n, start : start + n] = pictures
    return x


def feature_map(
    x: Float[Tensor, "batch seen h w"], kernels: Float[Tensor, "seen k k"], bias: Float[Tensor, ""], stride: int = 1
) -> Float[Tensor, "batch h2 w2"]:
    """One map, whose units share their weights, from the maps that it sees."""
    k = kernels.shape[-1]
    patches = x.unfold(2, k, stride).unfold(3, k, stride)
    a = torch.einsum("bsijuv, suv -> bij", patches, kernels) + bias
    return 1.7159 * torch.tanh(2 / 3 * a)


def average(
    x: Float[Tensor, "batch map h w"], gain: Float[Tensor, " map"], bias: Float[Tensor, " map"]
) -> Float[Tensor, "batch map h//2 w//2"]:
    """H2 and H4: maps of half the height and width."""
    total = x.unfold(2, 2, 2).unfold(3, 2, 2).sum((-2, -1))
    return 1.7159 * torch.tanh(2 / 3 * (gain[:, None, None] * total + bias[:, None, None]))


def counts(side: int, k: int, maps: int, sees: Sees, classes: int) -> tuple[int, int]:
    """The free parameters of the network, and its connections."""
    h1 = side - k + 1
    h2 = h1 // 2
    h3 = h2 - k + 1
    h4 = h3 // 2
    first, second = maps * (k * k + 1), sum(len(seen) * k * k + 1 for seen in sees)
    out = classes * (len(sees) * h4 * h4 + 1)
    parameters = first + 2 * maps + second + 2 * len(sees) + out
    connections = h1 * h1 * first + 5 * maps * h2 * h2 + h3 * h3 * second + 5 * len(sees) * h4 * h4 + out
    return parameters, connections


def rejects(
    outputs: Float[Tensor, "images classes"], labels: Int[Tensor, " images"], most: float
) -> tuple[Float[Tensor, " images"], float]:
    """How sure the network is of each image, and the share of images that a person must read."""
    best = outputs.topk(2, 1).values
    sure = best[:, 0] - best[:, 1]
    wrong = (outputs.argmax(1) != labels)[sure.argsort(descending=True)]
    accepted = int((wrong.cumsum(0) <= most * len(labels)).sum())
    return sure, 1 - accepted / len(labels)


def zipnet(
    pictures: Float[Tensor, "batch 1 n n"], labels: Int[Tensor, " batch"], sees: Sees, side: int, p: Parameters
) -> tuple[Float[Tensor, "batch classes"], Float[Tensor, ""]]:
    """The network of 1990: its outputs, and their loss."""
    x = field(pictures, side)
    x = torch.stack([feature_map(x, w[None], b) for w, b in zip(p["h1"], p["h1_bias"], strict=True)], 1)
    x = average(x, p["h2"], p["h2_bias"])
    kernels = p["h3"].split([len(seen) for seen in sees])
    rows = zip(sees, kernels, p["h3_bias"], strict=True)
    x = torch.stack([feature_map(x[:, list(seen)], w, b) for seen, w, b in rows], 1)
    x = average(x, p["h4"], p["h4_bias"]).flatten(1)
    y = 1.7159 * torch.tanh(2 / 3 * (x @ p["out"].T + p["out_bias"]))
    targets = torch.full_like(y, -1.0).scatter(1, labels[:, None], 1.0)
    return y, ((y - targets) ** 2).sum(1).mean() / 2
