"""Normalisation: every feature at mean zero and variance one, measured on the batch."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.errors import UserError
from firsthand.nn.definition import definition
from firsthand.nn.derivative import first_only
from firsthand.nn.shape import wrong_shape


class _BatchNorm(torch.autograd.Function):
    """Batch normalisation with its backward pass by hand.

    With n examples, c = x - m, s = 1 / sqrt(v + eps) and y = g s c + b, all sums over the batch:
        db = sum dy        dg = s sum dy c
    x moves y directly, through m and through v. Since sum c = 0, the paper's six equations collapse to
        dx = g s (dy - (db + c s dg) / n)
    The batch's m and v come out beside y for the running averages; no gradient flows through them.
    Source: Ioffe & Szegedy (2015), section 3.
    """

    # At these sizes memory is the cost: y and dx first hold the products that are summed, then the results.

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        mean = x.mean(0)
        centred = x - mean
        y = centred * centred
        variance = y.sum(0).div_(len(x))
        scale = (variance + eps).rsqrt_()
        slope = weight * scale
        ctx.save_for_backward(centred, scale, slope)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(bias, centred, slope, out=y), mean, variance

    @staticmethod
    def backward(ctx, dy: Tensor, *_) -> tuple[Tensor, Tensor, Tensor, None]:
        first_only("batch_norm")
        centred, scale, slope = ctx.saved_tensors
        dx = dy * centred
        dg = dx.sum(0).mul_(scale)
        db = dy.sum(0)
        torch.addcmul(db, centred, scale * dg, out=dx)
        return torch.sub(dy, dx, alpha=1 / len(dy), out=dx).mul_(slope), dg, db, None


def _batch_norm_fast(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    return _BatchNorm.apply(x, weight, bias, eps)


@definition(fast=_batch_norm_fast)
def batch_norm(
    x: Float[Tensor, "batch features"],
    weight: Float[Tensor, " features"],
    bias: Float[Tensor, " features"],
    eps: float = 1e-5,
) -> tuple[Float[Tensor, "batch features"], Float[Tensor, " features"], Float[Tensor, " features"]]:
    """y = g (x - m) / sqrt(v + eps) + b with the batch's mean m and biased variance v; returns y, m and v.

    m and v are for running averages: no gradient flows through them.
    Source: Ioffe & Szegedy (2015), algorithm 1.
    """
    mean = x.mean(0)
    variance = (x - mean).square().mean(0)
    normal = (x - mean) / torch.sqrt(variance + eps)
    return weight * normal + bias, mean.detach(), variance.detach()


class BatchNorm1d(Module):
    """Batch normalisation of (batch, features): the batch's statistics in training, the running averages in eval mode.

    A running average moves by `momentum` towards the batch's value; the running variance is of the unbiased one,
    v n / (n - 1). `eps` is in units of the variance.
    Raises UserError for a training batch of one example.
    Source: Ioffe & Szegedy (2015), algorithms 1 and 2.
    """

    def __init__(self, features: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = Parameter(torch.ones(features))
        self.bias = Parameter(torch.zeros(features))
        self.running_mean = Buffer(torch.zeros(features))
        self.running_var = Buffer(torch.ones(features))
        self.num_batches_tracked = Buffer(torch.tensor(0))

    def forward(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch features"]:
        """See `batch_norm`."""
        if x.ndim != 2 or x.shape[1] != len(self.weight):
            raise wrong_shape("The input of BatchNorm1d", x, f"(batch, {len(self.weight)})")
        if not self.training:
            scale = self.weight * torch.rsqrt(self.running_var + self.eps)
            return torch.addcmul(self.bias - self.running_mean * scale, x, scale)
        x = x.to(self.weight.dtype)  # half precision cannot hold a variance
        n = len(x)
        if n < 2:
            raise UserError(f"BatchNorm1d trains on two examples or more, got {n}: take a larger batch, or eval().")
        y, mean, variance = batch_norm(x, self.weight, self.bias, self.eps)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (n / (n - 1)), self.momentum)
        self.num_batches_tracked.add_(1)
        return y

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, eps={self.eps}, momentum={self.momentum}"
