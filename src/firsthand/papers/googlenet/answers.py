"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]


def reduced(
    x: Float[Tensor, "batch channels h w"],
    W: Float[Tensor, "narrow channels"],
    b: Float[Tensor, " narrow"],
    kernels: Float[Tensor, "out narrow k k"],
    c: Float[Tensor, " out"],
) -> Float[Tensor, "batch out h w"]:
    """A convolution of 1x1 pixels to fewer channels, then one of k x k pixels."""
    x = torch.conv2d(x, W[:, :, None, None], b).clamp(min=0)
    return torch.conv2d(x, kernels, c, padding=kernels.shape[-1] // 2).clamp(min=0)


def pooled(
    x: Float[Tensor, "batch channels h w"], W: Float[Tensor, "out channels"], b: Float[Tensor, " out"]
) -> Float[Tensor, "batch out h w"]:
    """The largest of 3x3 pixels around each, then a projection to fewer channels."""
    x = torch.max_pool2d(x, 3, stride=1, padding=1)
    return torch.conv2d(x, W[:, :, None, None], b).clamp(min=0)


def inception(x: Float[Tensor, "batch channels h w"], p: Parameters) -> Float[Tensor, "batch out h w"]:
    """The module of figure 2(b): four branches side by side."""
    one = torch.conv2d(x, p["one"][:, :, None, None], p["one_bias"]).clamp(min=0)
    three = reduced(x, p["reduce3"], p["reduce3_bias"], p["three"], p["three_bias"])
    five = reduced(x, p["reduce5"], p["reduce5_bias"], p["five"], p["five_bias"])
    return torch.cat([one, three, five, pooled(x, p["project"], p["project_bias"])], 1)


def cost(channels: int, widths: Sequence[int]) -> tuple[int, int, int, int]:
    """Weights and channels of a module, and of the naive one of figure 2(a)."""
    one, reduce3, three, reduce5, five, project = widths
    small = channels * (one + reduce3 + reduce5 + project)
    weights = small + 9 * reduce3 * three + 25 * reduce5 * five
    naive = channels * (one + 9 * three + 25 * five)
    return weights, one + three + five + project, naive, one + three + five + channels


def auxiliary(x: Float[Tensor, "batch channels h w"], p: Parameters) -> Float[Tensor, "batch classes"]:
    """The logits of a classifier in the middle of the network, without dropout."""
    x = x.unfold(2, 5, 3).unfold(3, 5, 3).mean((-2, -1))
    x = torch.conv2d(x, p["conv"][:, :, None, None], p["conv_bias"]).clamp(min=0).flatten(1)
    x = (x @ p["fc1"].T + p["fc1_bias"]).clamp(min=0)
    return x @ p["fc2"].T + p["fc2_bias"]


def googlenet(
    images: Float[Tensor, "batch channels h w"], target: Int[Tensor, " batch"], p: Parameters
) -> tuple[Float[Tensor, "batch classes"], Float[Tensor, ""]]:
    """The logits of the main head, and the loss of all three."""

    def of(part: str) -> Parameters:
        return {name.removeprefix(f"{part}."): value for name, value in p.items() if name.startswith(f"{part}.")}

    def entropy(logits: Tensor) -> Tensor:
        return -torch.log_softmax(logits, 1).gather(1, target[:, None]).mean()

    x = torch.conv2d(images, p["stem"], p["stem_bias"], stride=2, padding=1).clamp(min=0)
    x = torch.max_pool2d(inception(x, of("3a")), 3, 2, ceil_mode=True)
    a = inception(x, of("4a"))
    d = inception(a, of("4d"))
    x = inception(torch.max_pool2d(d, 3, 2, ceil_mode=True), of("5b"))
    logits = x.mean((2, 3)) @ p["fc"].T + p["fc_bias"]
    first, second = auxiliary(a, of("aux1")), auxiliary(d, of("aux2"))
    return logits, entropy(logits) + 0.3 * entropy(first) + 0.3 * entropy(second)
