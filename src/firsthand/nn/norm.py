"""Normalisation: every feature at mean zero and variance one over the batch, or every example over its features."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.definition import HALF, definition, in_float32
from firsthand.errors import UserError
from firsthand.nn.arguments import check_number, check_sizes
from firsthand.nn.blocks import parts, total
from firsthand.nn.derivative import first_only
from firsthand.nn.shape import check_shape, wrong_shape


def _over(x: Tensor) -> tuple[int, ...]:
    """The axes that a feature's statistics run over: all but the second."""
    return (0, *range(2, x.ndim))


def _beside(x: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
    """Values of features in the shape in which they meet x."""
    shape = (-1, *(1,) * (x.ndim - 2))
    return values if x.ndim == 2 else tuple(value.view(shape) for value in values)


def _line(x: Tensor, a: Tensor, b: Tensor, out: Tensor) -> Tensor:
    """a x + b; in one step only if a and b are rows, as addcmul creeps with two of its three factors fixed in a run."""
    return torch.addcmul(b, x, a, out=out) if x.ndim == 2 else torch.mul(x, a, out=out).add_(b)


class _BatchNorm(torch.autograd.Function):
    """Batch normalisation with its backward pass by hand.

    With n values of a feature, c = x - m, s = 1 / sqrt(v + eps) and y = g s c + b, all sums over these values:
        db = sum dy        dg = s sum dy c
    x moves y directly, through m and through v. Since sum c = 0, the paper's six equations collapse to
        dx = g s (dy - (db + c s dg) / n)
    The batch's m and v come out beside y for the running averages; no gradient flows through them.
    Source: Ioffe & Szegedy (2015), section 3.
    """

    # Memory is the cost: y and dx first hold what is summed, part by part, then the lines a x + b and a dy + b x + c.

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        axes = _over(x)
        mean = x.mean(axes)
        (m,) = _beside(x, mean)
        y = torch.empty_like(x)
        centred = (torch.sub(x_, m, out=y_) for x_, y_ in parts(x, y))
        variance = total(c.mul_(c).sum(axes) for c in centred).mul_(len(mean) / x.numel())
        scale = (variance + eps).rsqrt_()
        slope = weight * scale
        ctx.save_for_backward(x, mean, scale, slope)
        ctx.mark_non_differentiable(mean, variance)
        a, b = _beside(x, slope, torch.addcmul(bias, mean, slope, value=-1))
        for x_, y_ in parts(x, y):
            _line(x_, a, b, out=y_)
        return y, mean, variance

    @staticmethod
    def backward(ctx, dy: Tensor, *_) -> tuple[Tensor, Tensor, Tensor, None]:
        first_only("batch_norm")
        x, mean, scale, slope = ctx.saved_tensors
        axes, n = _over(x), x.numel() // len(mean)
        (m,) = _beside(x, mean)
        dx = torch.empty_like(x)
        pieces = parts(x, dy, dx)
        sums = [(torch.sub(x_, m, out=dx_).mul_(dy_).sum(axes), dy_.sum(axes)) for x_, dy_, dx_ in pieces]
        dg, db = (total(column) for column in zip(*sums, strict=True))
        share = slope * (-1 / n)
        by_x = dg.mul_(scale).mul(scale).mul_(share)
        a, b, c = _beside(x, slope, by_x, torch.addcmul(db * share, by_x, mean, value=-1))
        for x_, dy_, dx_ in pieces:
            _line(x_, b, c, out=dx_).addcmul_(dy_, a)
        return dx, dg, db, None


def _check_batch(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> None:
    shape = x.shape
    if len(shape) < 2 or 0 in shape:
        raise wrong_shape("The input of batch_norm", x, "(batch, features, ...), with a value to average or more")
    features = (shape[1],)
    check_shape("The weight of batch_norm", weight, features)
    check_shape("The bias of batch_norm", bias, features)
    if not eps >= 0:
        raise UserError(f"The eps of batch_norm is {eps}, expected 0 or more.")


def _batch_norm_fast(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    return _BatchNorm.apply(x, weight, bias, eps)


@definition(fast=in_float32(_batch_norm_fast), guard=_check_batch)
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
            a, b = _beside(x, scale, bias - running_mean * scale)
            return torch.addcmul(b, x, a)
        x = x.to(weight.dtype)  # half precision cannot hold a variance
        n = x.numel() // features
        if n < 2:
            raise UserError(
                f"{type(self).__name__} trains on two {self.many} or more, got {n}: take a larger batch, or eval()."
            )
        y, mean, variance = batch_norm(x, weight, bias, self.eps)
        running_mean.lerp_(mean, self.momentum)
        running_var.lerp_(variance * (n / (n - 1)), self.momentum)
        self.num_batches_tracked.add_(1)
        return y

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, eps={self.eps}, momentum={self.momentum}"


class BatchNorm1d(_RunningNorm):
    """Batch normalisation of (batch, features): the batch's statistics in training, the running averages in eval mode.

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


class _LayerNorm(torch.autograd.Function):
    """Layer normalisation with its backward pass by hand.

    With n features, m and v of one row, z = (x - m) s, s = 1 / sqrt(v + eps) and y = g z + b:
        db = sum dy        dg = sum dy z        (sums over the rows)
    With h = g dy, x moves the row's z directly, through m and through v; as mean z = 0, what remains is
        dx = s (h - mean(h) - z mean(h z))        (means over the features)
    Source: Ba, Kiros & Hinton (2016), equation 4; Ioffe & Szegedy (2015), section 3, with rows for columns.
    """

    # Memory is the cost: y and dx are written once, part by part, and z is made again rather than kept.

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        rows = x.reshape(-1, len(weight))
        y, mean = torch.empty_like(rows), rows.mean(1, keepdim=True)
        scale, spare = torch.empty_like(mean), mean.new_full((), eps)
        for x_, y_, m, s in parts(rows, y, mean, scale):
            torch.sub(x_, m, out=y_)
            torch.linalg.vector_norm(y_, dim=1, keepdim=True, out=s)  # var_mean walks through memory in small steps
            torch.addcmul(spare, s, s, value=1 / len(weight), out=s).rsqrt_()
            torch.addcmul(bias, y_.mul_(s), weight, out=y_)
        ctx.save_for_backward(rows, mean, scale, weight)
        return y.view(x.shape)

    @staticmethod
    def backward(ctx, dy: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        first_only("layer_norm")
        rows, mean, scale, weight = ctx.saved_tensors
        dx, sums, n = torch.empty_like(rows), [], len(weight)
        for x_, dy_, dx_, m, s in parts(rows, dy.reshape(rows.shape), dx, mean, scale):
            z = (x_ - m).mul_(s)
            torch.mul(dy_, z, out=dx_)
            sums.append((dx_.sum(0), dy_.sum(0)))
            along = dx_.mul_(weight).sum(1, keepdim=True)  # n mean(h z); a matrix product would be half precision
            h = torch.mul(dy_, weight, out=dx_)
            h.sub_(h.sum(1, keepdim=True), alpha=1 / n).addcmul_(z, along, value=-1 / n).mul_(s)
        dg, db = (total(column) for column in zip(*sums, strict=True))
        return dx.view(dy.shape), dg, db, None


def _check_rows(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> None:
    features, shape = weight.shape, x.shape
    if len(features) != 1 or not features[0]:
        raise wrong_shape("The weight of layer_norm", weight, "(features,)")
    if not shape or shape[-1] != features[0]:
        raise wrong_shape("The input of layer_norm", x, f"(..., {features[0]})")
    check_shape("The bias of layer_norm", bias, features)
    if not eps >= 0:
        raise UserError(f"The eps of layer_norm is {eps}, expected 0 or more.")


def _layer_norm_fast(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    if x.dtype in HALF:
        return in_float32(_layer_norm_fast)(x, weight, bias, eps)
    return _LayerNorm.apply(x.to(weight.dtype), weight, bias, eps)


@definition(fast=_layer_norm_fast, guard=_check_rows)
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
