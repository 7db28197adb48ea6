"""Normalisation with its backward passes by hand."""

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.definition import HALF, in_float32
from firsthand.nn.fast.blocks import SIZE, parts, total
from firsthand.nn.fast.derivative import first_only


def _over(x: Tensor) -> tuple[int, ...]:
    """The axes that a feature's statistics run over: all but the second."""
    return (0, *range(2, x.ndim))


def beside(
    x: Float[Tensor, "batch features *places"], *values: Float[Tensor, " features"]
) -> tuple[Float[Tensor, "features *ones"], ...]:
    """Values of features in the shape in which they meet x."""
    shape = (-1, *(1,) * (x.ndim - 2))
    return values if x.ndim == 2 else tuple(value.view(shape) for value in values)


def line(
    x: Float[Tensor, "batch features *places"],
    a: Float[Tensor, "..."],
    b: Float[Tensor, "..."],
    out: Float[Tensor, "..."] | None = None,
) -> Float[Tensor, "batch features *places"]:
    """a x + b; in one step only if a and b are rows: addcmul is slow with two of three factors fixed in a run."""
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
        (m,) = beside(x, mean)
        y = torch.empty_like(x)
        centred = (torch.sub(x_, m, out=y_) for x_, y_ in parts(x, y))
        variance = total(c.mul_(c).sum(axes) for c in centred).mul_(len(mean) / x.numel())
        scale = (variance + eps).rsqrt_()
        slope = weight * scale
        ctx.save_for_backward(x, mean, scale, slope)
        ctx.mark_non_differentiable(mean, variance)
        a, b = beside(x, slope, torch.addcmul(bias, mean, slope, value=-1))
        for x_, y_ in parts(x, y):
            line(x_, a, b, out=y_)
        return y, mean, variance

    @staticmethod
    def backward(ctx, dy: Tensor, *_) -> tuple[Tensor, Tensor, Tensor, None]:
        first_only("batch_norm")
        x, mean, scale, slope = ctx.saved_tensors
        axes, n = _over(x), x.numel() // len(mean)
        (m,) = beside(x, mean)
        dx = torch.empty_like(x)
        pieces = parts(x, dy, dx)
        sums = [(torch.sub(x_, m, out=dx_).mul_(dy_).sum(axes), dy_.sum(axes)) for x_, dy_, dx_ in pieces]
        dg, db = (total(column) for column in zip(*sums, strict=True))
        share = slope * (-1 / n)
        by_x = dg.mul_(scale).mul(scale).mul_(share)
        a, b, c = beside(x, slope, by_x, torch.addcmul(db * share, by_x, mean, value=-1))
        for x_, dy_, dx_ in pieces:
            line(x_, b, c, out=dx_).addcmul_(dy_, a)
        return dx, dg, db, None


class _BatchNormOfRows(torch.autograd.Function):
    """The same for few and short rows, (batch, features), where every call costs more than its arithmetic.

    With z = (x - m) s, dg = sum dy z and db = sum dy:  dx = g s (dy - (db + z dg) / n)
    """

    # Few calls are the aim, so z is kept rather than x; and a number that is a tensor is met at half the cost.

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        share = x.new_full((), 1 / len(x))
        mean = x.sum(0).mul_(share)
        z = x - mean
        variance = (z * z).sum(0).mul_(share)
        scale = (variance + eps).rsqrt_()
        y = torch.addcmul(bias, z.mul_(scale), weight)
        ctx.save_for_backward(z, scale, weight)
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance

    @staticmethod
    def backward(ctx, dy: Tensor, *_) -> tuple[Tensor, Tensor, Tensor, None]:
        first_only("batch_norm")
        z, scale, weight = ctx.saved_tensors
        share, dg, db = 1 / len(z), (dy * z).sum(0), dy.sum(0)
        dx = torch.addcmul(dy, z, dg, value=-share).sub_(db, alpha=share).mul_(weight * scale)
        return dx, dg, db, None


@in_float32
def batch_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    """See `_BatchNorm`."""
    rule = _BatchNormOfRows if x.ndim == 2 and x.numel() <= SIZE else _BatchNorm
    return rule.apply(x, weight, bias, eps)


def _layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The forward pass: y; x as rows, their m and s."""
    rows = x.reshape(-1, len(weight))
    y, mean = torch.empty_like(rows), rows.mean(1, keepdim=True)
    scale, spare = torch.empty_like(mean), mean.new_full((), eps)
    for x_, y_, m, s in parts(rows, y, mean, scale):
        torch.sub(x_, m, out=y_)
        torch.linalg.vector_norm(y_, dim=1, keepdim=True, out=s)  # var_mean walks through memory in small steps
        torch.addcmul(spare, s, s, value=1 / len(weight), out=s).rsqrt_()
        torch.addcmul(bias, y_.mul_(s), weight, out=y_)
    return y.view(x.shape), rows, mean, scale


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
        y, rows, mean, scale = _layer_norm(x, weight, bias, eps)
        ctx.save_for_backward(rows, mean, scale, weight)
        return y

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


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """See `_LayerNorm`."""
    if x.dtype in HALF:
        return in_float32(layer_norm)(x, weight, bias, eps)
    if x.dtype != weight.dtype:
        x = x.to(weight.dtype)
    if not torch.is_grad_enabled():  # a call less, which counts where one token is decoded at a time
        return _layer_norm(x, weight, bias, eps)[0]
    return _LayerNorm.apply(x, weight, bias, eps)
