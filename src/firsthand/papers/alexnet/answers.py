"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Parameters = dict[str, Tensor]


def respond(
    a: Float[Tensor, "batch maps h w"], n: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75
) -> Float[Tensor, "batch maps h w"]:
    """Local response normalisation, section 3.3."""
    squares = torch.constant_pad_nd(a**2, (0, 0, 0, 0, n // 2, n // 2))
    total = squares.unfold(1, n, 1).sum(-1)
    return a / (k + alpha * total) ** beta


def pool(x: Float[Tensor, "batch maps h w"], z: int, s: int) -> Float[Tensor, "batch maps h2 w2"]:
    """The largest of every z x z pixels, s pixels apart, section 3.4."""
    return x.unfold(2, z, s).unfold(3, z, s).amax((-2, -1))


def towers(
    x: Float[Tensor, "batch maps h w"],
    weight: Float[Tensor, "out maps//2 k k"],
    bias: Float[Tensor, " out"],
    padding: int,
) -> Float[Tensor, "batch out h2 w2"]:
    """A convolution on two GPUs, each of which sees its own half of the maps, section 3.2."""
    halves = zip(x.chunk(2, 1), weight.chunk(2), bias.chunk(2), strict=True)
    return torch.cat([torch.conv2d(part, w, b, padding=padding) for part, w, b in halves], 1)


def drop(h: Float[Tensor, "batch units"], keep: Bool[Tensor, "batch units"] | None) -> Float[Tensor, "batch units"]:
    """Dropout with one half, section 4.2; `keep` is None when the network is tested."""
    return h * 0.5 if keep is None else h * keep


def update(
    w: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], rates: Sequence[float], decay: float
) -> Float[Tensor, "steps n"]:
    """The weights after each step of the rule of section 5."""
    v, path = torch.zeros_like(w), []
    for g, rate in zip(slopes, rates, strict=True):
        v = 0.9 * v - decay * rate * w - rate * g
        w = w + v
        path.append(w)
    return torch.stack(path)


def alexnet(
    images: Float[Tensor, "batch channel h w"],
    keep: tuple[Bool[Tensor, "batch six"], Bool[Tensor, "batch seven"]] | None,
    p: Parameters,
) -> Float[Tensor, "batch classes"]:
    """The logits of the network of figure 2."""
    first, second = (None, None) if keep is None else keep
    x = torch.relu(torch.conv2d(images, p["c1"], p["c1_bias"], stride=2, padding=2))
    x = pool(respond(x), 3, 2)
    x = torch.relu(towers(x, p["c2"], p["c2_bias"], 2))
    x = pool(respond(x), 3, 2)
    x = torch.relu(torch.conv2d(x, p["c3"], p["c3_bias"], padding=1))
    x = torch.relu(towers(x, p["c4"], p["c4_bias"], 1))
    x = torch.relu(towers(x, p["c5"], p["c5_bias"], 1))
    h = pool(x, 3, 2).flatten(1)
    h = drop(torch.relu(h @ p["f6"].T + p["f6_bias"]), first)
    h = drop(torch.relu(h @ p["f7"].T + p["f7_bias"]), second)
    return h @ p["f8"].T + p["f8_bias"]
