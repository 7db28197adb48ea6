"""Normalisation: every feature at mean zero and variance one over the batch, or every example over its features."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.definition import definition, in_float32
from firsthand.errors import UserError
from firsthand.nn import across
from firsthand.nn.arguments import check_number, check_sizes
from firsthand.nn.fast import norm as fast
from firsthand.nn.shape import check_shape, wrong_shape


def _check_batch(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> None:
    shape = x.shape
    if len(shape) < 2 or 0 in shape:
        raise wrong_shape("The input of batch_norm", x, "(batch, features, ...), with a value to average or more")
    features = (shape[1],)
    check_shape("The weight of batch_norm", weight, features)
    check_shape("The bias of batch_norm", bias, features)
    if not eps >= 0:
        raise UserError(f"The eps of batch_norm is {eps}, expected 0 or more.")


@definition(fast=fast.batch_norm, guard=_check_batch)
@in_float32
def batch_norm(
    x: Float[Tensor, "batch features *places"],
    weight: Float[Tensor, " features"],
    bias: Float[Tensor, " features"],
    eps: float = 1e-5,
) -> tuple[Float[Tensor, "batch features *places"], Float[Tensor, " features"], Float[Tensor, " features"]]:
    """y = g (x - m) / sqrt(v + eps) + b with the batch's mean m and biased variance v; returns y, m and v.

    A feature of an image is a channel: m and v are of all its pixels, too. m and v are for running averages: no
    gradient flows through them. What comes in half precision, which cannot hold a variance, is computed in float32.
    Raises UserError when x has no values, when there is not one g and one b for every feature, and for a negative eps.
    Source: Ioffe & Szegedy (2015), algorithm 1; section 3.2 for images.
    """
    axes = (0, *range(2, x.ndim))
    mean = x.mean(axes, keepdim=True)
    centred = x - mean
    variance = centred.square().mean(axes, keepdim=True)
    weight, bias = weight.view_as(mean), bias.view_as(mean)
    y = weight * centred / torch.sqrt(variance + eps) + bias
    return y, mean.detach().flatten(), variance.detach().flatten()


class _RunningNorm(Module):
    """What `BatchNorm1d` and `BatchNorm2d` share; `places` names the axes that may follow the features."""

    places: tuple[tuple[str, ...], ...]
    many: str

    def __init__(self, features: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        name = type(self).__name__
        check_sizes(name, features=features)
        check_number(name, 0.0, eps=eps)
        check_number(name, 0.0, 1.0, momentum=momentum)
        self.eps, self.momentum = eps, momentum
        self.weight = Parameter(torch.ones(features))
        self.bias = Parameter(torch.zeros(features))
        self.running_mean = Buffer(torch.zeros(features))
        self.running_var = Buffer(torch.ones(features))
        self.num_batches_tracked = Buffer(torch.tensor(0))

    def forward(self, x: Float[Tensor, "batch features *places"]) -> Float[Tensor, "batch features *places"]:
        """See `batch_norm`."""
        weight, bias = self.weight, self.bias
        features = len(weight)
        if x.ndim - 2 not in map(len, self.places) or x.shape[1] != features:
            expected = (f"({', '.join(('batch', str(features), *places))})" for places in self.places)
            raise wrong_shape(f"The input of {type(self).__name__}", x, " or ".join(expected))
        running_mean, running_var = self.running_mean, self.running_var
        if not self.training:
            scale = weight * torch.rsqrt(running_var + self.eps)
            a, b = fast.beside(x, scale, bias - running_mean * scale)
            return fast.line(x, a, b)
        if x.dtype != weight.dtype:
            x = x.to(weight.dtype)  # half precision cannot hold a variance
        n, together = x.numel() // features, across.shared()
        if n < 2 and not together:
            raise UserError(
                f"{type(self).__name__} trains on two {self.many} or more, got {n}: take a larger batch, or eval()."
            )
        if together:
            y, mean, variance, count = across.batch_norm(x, weight, bias, self.eps)
            unbiased = variance * (count / (count - 1))
        else:
            y, mean, variance = batch_norm(x, weight, bias, self.eps)
            unbiased = variance.add(variance, alpha=1 / (n - 1))  # v n / (n - 1)
        running_mean.lerp_(mean, self.momentum)
        running_var.lerp_(unbiased, self.momentum)
        self.num_batches_tracked.add_(1)
        return y

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, eps={self.eps}, momentum={self.momentum}"


class BatchNorm1d(_RunningNorm):
    """Batch normalisation of (batch, features): the batch's statistics in training, the running averages in eval mode.

    Of a batch that several processes share, each its part, the statistics are those of the whole.
    In (batch, features, time) every step is one of a feature's n values, too. A running average moves by `momentum`
    towards the batch's value; the running variance is of the unbiased one, v n / (n - 1). `eps` is in units of the
    variance.
    Raises UserError for a training batch of one example, for features below one, a negative eps, and a momentum that
    is not from 0 to 1.
    Source: Ioffe & Szegedy (2015), algorithms 1 and 2.
    """

    places = ((), ("time",))
    many = "examples"


class BatchNorm2d(_RunningNorm):
    """`BatchNorm1d` for (batch, channel, height, width): every pixel of a channel is one of its n values.

    Raises UserError for a training batch of one pixel a channel, and for what `BatchNorm1d` refuses.
    Source: Ioffe & Szegedy (2015), section 3.2.
    """

    places = (("height", "width"),)
    many = "pixels a channel"


def _check_rows(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> None:
    features, shape = weight.shape, x.shape
    if len(features) != 1 or not features[0]:
        raise wrong_shape("The weight of layer_norm", weight, "(features,)")
    if not shape or shape[-1] != features[0]:
        raise wrong_shape("The input of layer_norm", x, f"(..., {features[0]})")
    check_shape("The bias of layer_norm", bias, features)
    if not eps >= 0:
        raise UserError(f"The eps of layer_norm is {eps}, expected 0 or more.")


@definition(fast=fast.layer_norm, guard=_check_rows)
@in_float32
def layer_norm(
    x: Float[Tensor, "*batch features"],
    weight: Float[Tensor, " features"],
    bias: Float[Tensor, " features"],
    eps: float = 1e-5,
) -> Float[Tensor, "*batch features"]:
    """y = g (x - m) / sqrt(v + eps) + b with the mean m and biased variance v of each row's features.

    No example sees another, and training is as testing. What comes in half precision, which cannot hold a variance, is
    computed in float32. Raises UserError when the last axis of x is not as long as g or b, and for a negative eps.
    Source: Ba, Kiros & Hinton (2016), equation 4.
    """
    x = x.to(weight.dtype)
    centred = x - x.mean(-1, keepdim=True)
    return weight * centred / torch.sqrt(centred.square().mean(-1, keepdim=True) + eps) + bias


class LayerNorm(Module):
    """Layer normalisation of the last axis with gains from 1 and biases from 0; `eps` is in units of the variance.

    Raises UserError for features below one and a negative eps.
    """

    def __init__(self, features: int, eps: float = 1e-5):
        super().__init__()
        check_sizes("LayerNorm", features=features)
        check_number("LayerNorm", 0.0, eps=eps)
        self.eps = eps
        self.weight = Parameter(torch.ones(features))
        self.bias = Parameter(torch.zeros(features))

    def forward(self, x: Float[Tensor, "*batch features"]) -> Float[Tensor, "*batch features"]:
        """See `layer_norm`."""
        return layer_norm(x, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, eps={self.eps}"
