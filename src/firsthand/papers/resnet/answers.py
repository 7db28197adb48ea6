"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]


def conv_norm(
    x: Float[Tensor, "batch in height width"],
    W: Float[Tensor, "out in k k"],
    gamma: Float[Tensor, " out"],
    beta: Float[Tensor, " out"],
    stride: int,
) -> Float[Tensor, "batch out height2 width2"]:
    """A convolution without bias, and batch normalisation by the batch; k is odd, eps is 1e-5."""
    h = torch.conv2d(x, W, stride=stride, padding=W.shape[-1] // 2)
    mean = h.mean((0, 2, 3), keepdim=True)
    variance = ((h - mean) ** 2).mean((0, 2, 3), keepdim=True)
    return gamma[:, None, None] * (h - mean) / (variance + 1e-5).sqrt() + beta[:, None, None]


def shortcut(
    x: Float[Tensor, "batch in height width"], outputs: int, stride: int
) -> Float[Tensor, "batch outputs height2 width2"]:
    """Option A: the input in the shape of a block's output, without parameters."""
    zeros = outputs - x.shape[1]
    x = x[:, :, ::stride, ::stride]
    before, after = (x.new_zeros(len(x), n, *x.shape[2:]) for n in (zeros // 2, zeros - zeros // 2))
    return torch.cat([before, x, after], 1)


def block(
    x: Float[Tensor, "batch in height width"], p: Parameters, stride: int
) -> Float[Tensor, "batch out height2 width2"]:
    """A basic block of two 3x3 convolutions."""
    h = conv_norm(x, p["W_1"], p["gamma_1"], p["beta_1"], stride).clamp(min=0)
    h = conv_norm(h, p["W_2"], p["gamma_2"], p["beta_2"], 1)
    if "W_s" in p:
        around = conv_norm(x, p["W_s"], p["gamma_s"], p["beta_s"], stride)
    else:
        around = shortcut(x, h.shape[1], stride)
    return (h + around).clamp(min=0)


def bottleneck(
    x: Float[Tensor, "batch in height width"], p: Parameters, stride: int
) -> Float[Tensor, "batch out height2 width2"]:
    """A block of three convolutions: 1x1 to fewer channels, 3x3, 1x1 to more."""
    h = conv_norm(x, p["W_1"], p["gamma_1"], p["beta_1"], stride).clamp(min=0)
    h = conv_norm(h, p["W_2"], p["gamma_2"], p["beta_2"], 1).clamp(min=0)
    h = conv_norm(h, p["W_3"], p["gamma_3"], p["beta_3"], 1)
    around = conv_norm(x, p["W_s"], p["gamma_s"], p["beta_s"], stride) if "W_s" in p else x
    return (h + around).clamp(min=0)


def plan(n: int, width: int) -> Int[Tensor, "blocks 3"]:
    """Channels that go in, channels that come out, and the stride of every block of a network for CIFAR-10."""
    rows, inputs = [], width
    for stage in range(3):
        for place in range(n):
            outputs = width * 2**stage
            rows.append((inputs, outputs, 2 if stage > 0 and place == 0 else 1))
            inputs = outputs
    return torch.tensor(rows)


def network(
    images: Float[Tensor, "batch channels height width"],
    n: int,
    stem: Parameters,
    blocks: list[Parameters],
    W: Float[Tensor, "classes out"],
    b: Float[Tensor, " classes"],
) -> Float[Tensor, "batch classes"]:
    """The logits of the network of 6 n + 2 layers."""
    x = conv_norm(images, stem["W"], stem["gamma"], stem["beta"], 1).clamp(min=0)
    strides = plan(n, x.shape[1])[:, 2].tolist()
    for p, stride in zip(blocks, strides, strict=True):
        x = block(x, p, stride)
    return x.mean((2, 3)) @ W.T + b
