"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import log

import torch
from jaxtyping import Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]


def edf(errors: Float[Tensor, " networks"], at: Float[Tensor, " points"]) -> Float[Tensor, " points"]:
    """The empirical distribution function of a population's errors, at some points."""
    return (errors < at[:, None]).double().mean(1)


def widths(d: int, w_0: int, w_a: float, w_m: float) -> Int[Tensor, " d"]:
    """The quantised width of every block, in channels."""
    found = []
    for j in range(d):
        u = w_0 + w_a * j
        s = log(u / w_0) / log(w_m)
        found.append(8 * round(w_0 * w_m ** round(s) / 8))
    return torch.tensor(found)


def stages(each: Int[Tensor, " d"], b: int, g: int) -> tuple[Tensor, Tensor, Tensor]:
    """Width, depth and group width of every stage, as whole numbers (stages)."""
    wide, depths = each.unique_consecutive(return_counts=True)
    inside = [width // b for width in wide.tolist()]
    groups = [min(g, width) for width in inside]
    fitted = [b * group * round(width / group) for width, group in zip(inside, groups, strict=True)]
    return torch.tensor(fitted), depths, torch.tensor(groups)


def conv_norm(
    x: Float[Tensor, "batch in height width"],
    W: Float[Tensor, "out g k k"],
    gamma: Float[Tensor, " out"],
    beta: Float[Tensor, " out"],
    stride: int,
) -> Float[Tensor, "batch out height2 width2"]:
    """A convolution in groups of g channels, and batch normalisation by the batch; k is odd, eps is 1e-5."""
    h = torch.conv2d(x, W, stride=stride, padding=W.shape[-1] // 2, groups=x.shape[1] // W.shape[1])
    mean = h.mean((0, 2, 3), keepdim=True)
    variance = ((h - mean) ** 2).mean((0, 2, 3), keepdim=True)
    return gamma[:, None, None] * (h - mean) / (variance + 1e-5).sqrt() + beta[:, None, None]


def block(
    x: Float[Tensor, "batch in height width"], p: Parameters, stride: int
) -> Float[Tensor, "batch out height2 width2"]:
    """An X block, or a Y block if p has V_1."""
    h = conv_norm(x, p["W_1"], p["gamma_1"], p["beta_1"], 1).clamp(min=0)
    h = conv_norm(h, p["W_2"], p["gamma_2"], p["beta_2"], stride).clamp(min=0)
    if "V_1" in p:
        squeezed = (h.mean((2, 3)) @ p["V_1"].T + p["c_1"]).clamp(min=0)
        h = h * torch.sigmoid(squeezed @ p["V_2"].T + p["c_2"])[:, :, None, None]
    h = conv_norm(h, p["W_3"], p["gamma_3"], p["beta_3"], 1)
    around = conv_norm(x, p["W_s"], p["gamma_s"], p["beta_s"], stride) if "W_s" in p else x
    return (h + around).clamp(min=0)


def network(
    images: Float[Tensor, "batch channels height width"],
    line: tuple[int, int, float, float],
    stem: Parameters,
    blocks: list[Parameters],
    W: Float[Tensor, "classes out"],
    b: Float[Tensor, " classes"],
) -> Float[Tensor, "batch classes"]:
    """The logits of the RegNet of a line (d, w_0, w_a, w_m)."""
    x = conv_norm(images, stem["W"], stem["gamma"], stem["beta"], 2).clamp(min=0)
    before = 0
    for width, p in zip(widths(*line).tolist(), blocks, strict=True):
        x = block(x, p, 1 if width == before else 2)
        before = width
    return x.mean((2, 3)) @ W.T + b
