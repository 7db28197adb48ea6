"""Normalisation: every feature at mean zero and variance one over the batch, or every example over its features."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.errors import UserError
from firsthand.nn.definition import definition
from firsthand.nn.derivative import first_only
from firsthand.nn.shape import wrong_shape


def _over(x: Tensor) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes that a feature's statistics run over (all but the second), and the shape in which they meet x again."""
    return (0, *range(2, x.ndim)), (-1, *(1,) * (x.ndim - 2))


class _BatchNorm(torch.autograd.Function):
    """Batch normalisation with its backward pass by hand.

    With n values of a feature, c = x - m, s = 1 / sqrt(v + eps) and y = g s c + b, all sums over these values:
        db = sum dy        dg = s sum dy c
    x moves y directly, through m and through v. Since sum c = 0, the paper's six equations collapse to
        dx = g s (dy - (db + c s dg) / n)
    The batch's m and v come out beside y for the running averages; no gradient flows through them.
    Source: Ioffe & Szegedy (2015), section 3.
    """

    # At these sizes memory is the cost: y and dx first hold the products that are summed, then the results.

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        axes, shape = _over(x)
        mean = x.mean(axes)
        centred = x - mean.view(shape)
        y = centred * centred
        variance = y.sum(axes).div_(x.numel() // len(mean))
        scale = (variance + eps).rsqrt_()
        slope = weight * scale
        ctx.save_for_backward(centred, scale, slope)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(bias.view(shape), centred, slope.view(shape), out=y), mean, variance

    @staticmethod
    def backward(ctx, dy: Tensor, *_) -> tuple[Tensor, Tensor, Tensor, None]:
        first_only("batch_norm")
        centred, scale, slope = ctx.saved_tensors
        axes, shape = _over(dy)
        dx = dy * centred
        dg = dx.sum(axes).mul_(scale)
        db = dy.sum(axes)
        torch.addcmul(db.view(shape), centred, (scale * dg).view(shape), out=dx)
        return torch.sub(dy, dx, alpha=len(db) / dy.numel(), out=dx).mul_(slope.view(shape)), dg, db, None


def _batch_norm_fast(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    return _BatchNorm.apply(x, weight, bias, eps)


@definition(fast=_batch_norm_fast)
def batch_norm(
    x: Float[Tensor, "batch features *places"],
    weight: Float[Tensor, " features"],
    bias: Float[Tensor, " features"],
    eps: float = 1e-5,
) -> tuple[Float[Tensor, "batch features *places"], Float[Tensor, " features"], Float[Tensor, " features"]]:
    """y = g (x - m) / sqrt(v + eps) + b with the batch's mean m and biased variance v; returns y, m and v.

    A feature of an image is a channel: m and v are of all its pixels, too. m and v are for running averages: no
    gradient flows through them.
    Source: Ioffe & Szegedy (2015), algorithm 1; section 3.2 for images.
    """
    axes, shape = _over(x)
    mean = x.mean(axes)
    centred = x - mean.view(shape)
    variance = centred.square().mean(axes)
    normal = centred / torch.sqrt(variance + eps).view(shape)
    return weight.view(shape) * normal + bias.view(shape), mean.detach(), variance.detach()


class _RunningNorm(Module):
    """What `BatchNorm1d` and `BatchNorm2d` share; `places` names the axes that may follow the features."""

    places: tuple[tuple[str, ...], ...]
    many: str

    def __init__(self, features: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = Parameter(torch.ones(features))
        self.bias = Parameter(torch.zeros(features))
        self.running_mean = Buffer(torch.zeros(features))
        self.running_var = Buffer(torch.ones(features))
        self.num_batches_tracked = Buffer(torch.tensor(0))

    def forward(self, x: Float[Tensor, "batch features *places"]) -> Float[Tensor, "batch features *places"]:
        """See `batch_norm`."""
        name, features = type(self).__name__, len(self.weight)
        if x.ndim - 2 not in map(len, self.places) or x.shape[1] != features:
            expected = (f"({', '.join(('batch', str(features), *places))})" for places in self.places)
            raise wrong_shape(f"The input of {name}", x, " or ".join(expected))
        if not self.training:
            _, shape = _over(x)
            scale = self.weight * torch.rsqrt(self.running_var + self.eps)
            return torch.addcmul((self.bias - self.running_mean * scale).view(shape), x, scale.view(shape))
        x = x.to(self.weight.dtype)  # half precision cannot hold a variance
        n = x.numel() // features
        if n < 2:
            raise UserError(f"{name} trains on two {self.many} or more, got {n}: take a larger batch, or eval().")
        y, mean, variance = batch_norm(x, self.weight, self.bias, self.eps)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (n / (n - 1)), self.momentum)
        self.num_batches_tracked.add_(1)
        return y

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, eps={self.eps}, momentum={self.momentum}"


class BatchNorm1d(_RunningNorm):
    """Batch normalisation of (batch, features): the batch's statistics in training, the running averages in eval mode.

    In (batch, features, time) every step is one of a feature's n values, too. A running average moves by `momentum`
    towards the batch's value; the running variance is of the unbiased one, v n / (n - 1). `eps` is in units of the
    variance.
    Raises UserError for a training batch of one example.
    Source: Ioffe & Szegedy (2015), algorithms 1 and 2.
    """

    places = ((), ("time",))
    many = "examples"


class BatchNorm2d(_RunningNorm):
    """`BatchNorm1d` for (batch, channel, height, width): every pixel of a channel is one of its n values.

    Raises UserError for a training batch of one pixel a channel.
    Source: Ioffe & Szegedy (2015), section 3.2.
    """

    places = (("height", "width"),)
    many = "pixels a channel"


class _LayerNorm(torch.autograd.Function):
    """Layer normalisation with its backward pass by hand.

    With n features, m and v of one row, z = (x - m) s, s = 1 / sqrt(v + eps) and y = g z + b:
        db = sum dy        dg = sum dy z        (sums over the rows)
    With h = g dy, x moves the row's z directly, through m and through v; as mean z = 0, what remains is
        dx = s (h - mean(h) - z mean(h z))        (means over the features)
    Source: Ba, Kiros & Hinton (2016), equation 4; Ioffe & Szegedy (2015), section 3, with rows for columns.
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        normal = x - x.mean(-1, keepdim=True)
        length = torch.linalg.vector_norm(normal, dim=-1, keepdim=True)  # var_mean walks through memory in small steps
        scale = length.square_().div_(len(weight)).add_(eps).rsqrt_()
        normal.mul_(scale)
        ctx.save_for_backward(normal, scale, weight)
        return torch.addcmul(bias, normal, weight)

    @staticmethod
    def backward(ctx, dy: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        first_only("layer_norm")
        normal, scale, weight = ctx.saved_tensors
        rows = (-1, len(weight))
        product = dy * normal
        dg, db = product.reshape(rows).sum(0), dy.reshape(rows).sum(0)
        h = dy * weight
        along = product.mul_(weight).mean(-1, keepdim=True)  # mean(h z); a matrix product would be half precision
        h.sub_(h.mean(-1, keepdim=True)).addcmul_(normal, along, value=-1).mul_(scale)
        return h, dg, db, None


def _layer_norm_fast(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    if x.shape[-1] != len(weight):
        raise wrong_shape("The input of layer_norm", x, f"(..., {len(weight)})")
    return _LayerNorm.apply(x.to(weight.dtype), weight, bias, eps)  # half precision cannot hold a variance


@definition(fast=_layer_norm_fast)
def layer_norm(
    x: Float[Tensor, "*batch features"],
    weight: Float[Tensor, " features"],
    bias: Float[Tensor, " features"],
    eps: float = 1e-5,
) -> Float[Tensor, "*batch features"]:
    """y = g (x - m) / sqrt(v + eps) + b with the mean m and biased variance v of each row's features.

    No example sees another, and training is as testing. Raises UserError when the last axis of x is not as long as g.
    Source: Ba, Kiros & Hinton (2016), equation 4.
    """
    x = x.to(weight.dtype)
    centred = x - x.mean(-1, keepdim=True)
    return weight * centred / torch.sqrt(centred.square().mean(-1, keepdim=True) + eps) + bias


class LayerNorm(Module):
    """Layer normalisation of the last axis with gains from 1 and biases from 0; `eps` is in units of the variance."""

    def __init__(self, features: int, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.weight = Parameter(torch.ones(features))
        self.bias = Parameter(torch.zeros(features))

    def forward(self, x: Float[Tensor, "*batch features"]) -> Float[Tensor, "*batch features"]:
        """See `layer_norm`."""
        return layer_norm(x, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, eps={self.eps}"
