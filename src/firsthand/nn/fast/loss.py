"""Losses with their backward passes by hand."""

import torch
from torch import Tensor
from torch.nn.functional import softplus as fused_softplus

from firsthand.definition import HALF, Result, rounded
from firsthand.nn.fast.blocks import parts, total
from firsthand.nn.fast.derivative import first_only

SMALL = 2**17  # logits: fewer cost less in four operations of torch's than a pass by hand costs to call


class _CrossEntropy(torch.autograd.Function):
    """Cross-entropy with its backward pass by hand.

    With p = softmax(x) and t the one-hot rows of the targets, E = -(1/n) sum t log p. As log p_d = x_d - log sum e^x
    and d(log sum e^x) / dx = p, the two steps fuse into dx = (p - t) / n.
    """

    @staticmethod
    def forward(ctx, logits: Tensor, targets: Tensor, dtype: torch.dtype | None) -> Tensor:
        logp, at = torch.log_softmax(logits, 1, dtype), targets.unsqueeze(1)
        ctx.save_for_backward(logp, at)
        return logp.gather(1, at).mean().neg_()

    @staticmethod
    def backward(ctx, dloss: Tensor) -> tuple[Tensor, None, None]:
        first_only("cross_entropy")
        logp, at = ctx.saved_tensors
        dx = torch.softmax(logp, 1)  # e^log p: the sum of its row is 1
        return dx.scatter_add_(1, at, dx.new_full(at.shape, -1)).mul_(dloss / len(logp)), None, None


class _SharedCrossEntropy(torch.autograd.Function):
    """Cross-entropy with weighted and smoothed targets, and its backward pass by hand.

    E = -sum_n (a_n log p_nt + b_n sum_c w_c log p_nc) / count, with the target t of row n. As d log p_nc / dx_nj =
    [c = j] - p_nj, the shares of a row add up in front of p:
        dx_nj = (p_nj (a_n + b_n sum_c w_c) - a_n [j = t] - b_n w_j) / count
    and 0 where nothing counts.
    """

    @staticmethod
    def forward(
        ctx, logits: Tensor, target: Tensor, a: Tensor, b: Tensor | None, weight: Tensor, count: Tensor
    ) -> Tensor:
        logp, some = torch.log_softmax(logits, 1, dtype=a.dtype), count != 0
        ctx.save_for_backward(logp, target, a, b, weight, count.where(some, torch.inf))
        loss = (a * logp.gather(1, target)).where(a != 0, 0).sum()  # 0 log 0 = 0
        if b is not None:  # not 0 where nothing counts, as it is without smoothing
            loss = (loss + (b * (logp * weight).sum(1, keepdim=True)).sum()).where(some, torch.nan)
        return loss.div_(count).neg_()

    @staticmethod
    def backward(ctx, dloss: Tensor) -> tuple[Tensor, None, None, None, None, None]:
        first_only("cross_entropy")
        logp, target, a, b, weight, count = ctx.saved_tensors
        dx = torch.softmax(logp, 1)
        if b is None:
            dx.mul_(a)
        else:
            dx.mul_(a + b * weight.sum()).addcmul_(b, weight, value=-1)
        return dx.scatter_add_(1, target, -a).mul_(dloss / count), None, None, None, None, None


def _shares(
    logits: Tensor, targets: Tensor, weight: Tensor | None, smoothing: float, ignore: int | None
) -> tuple[Tensor, Tensor, Tensor | None, Tensor, Tensor]:
    """What `_SharedCrossEntropy` takes: targets, a and b (batch, 1), a weight for every class, and the count."""
    classes = logits.shape[1]
    dtype = torch.float32 if logits.dtype in HALF else logits.dtype
    weight = logits.new_ones(classes, dtype=dtype) if weight is None else weight.detach().to(dtype)
    counts = torch.ones_like(targets, dtype=torch.bool) if ignore is None else targets != ignore
    target = targets.where(counts, 0)
    of_target = weight.index_select(0, target) * counts
    a = (of_target * (1 - smoothing))[:, None]
    b = (counts.to(dtype) * (smoothing / classes))[:, None] if smoothing else None
    return target[:, None], a, b, weight, of_target.sum()


def cross_entropy(
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> Result:
    """Four operations where they are quicker, else one by hand. torch looks at the range of the targets itself."""
    shape = logits.shape
    if len(shape) != 2 or targets.shape != shape[:1] or targets.dtype is not torch.int64:
        return NotImplemented
    half = torch.float32 if logits.dtype in HALF else None
    if weight is not None or ignore_index is not None or label_smoothing:
        if not 0 <= label_smoothing <= 1 or (weight is not None and weight.shape != shape[1:]):
            return NotImplemented
        shares = _shares(logits, targets, weight, label_smoothing, ignore_index)
        loss = _SharedCrossEntropy.apply(logits, *shares)
        return loss if half is None else rounded(loss, logits.dtype)
    if logits.numel() < SMALL:
        loss = -torch.log_softmax(logits, 1, half).gather(1, targets.unsqueeze(1)).mean()
    else:
        loss = _CrossEntropy.apply(logits, targets, half)
    return loss if half is None else rounded(loss, logits.dtype)


def _reduced(by_hand: type[torch.autograd.Function], values: Tensor, targets: Tensor, reduction: str) -> Result:
    """A sum or mean from the pass by hand, which holds no tensor of all losses; all losses from the definition.

    So are those in half precision, where a sum may overflow before it is divided.
    """
    if values.dtype in HALF or reduction == "none":
        return NotImplemented
    return by_hand.apply(values, targets, values.numel() if reduction == "mean" else 1)


class _BinaryCrossEntropy(torch.autograd.Function):
    """The sum of log(1 + e^-x) + (1 - t) x over `count` with its backward pass by hand.

    As d log(1 + e^-x) / dx = sigmoid(x) - 1: dx = dloss (sigmoid(x) - t) / count and dt = -dloss x / count.
    """

    @staticmethod
    def forward(ctx, x: Tensor, t: Tensor, count: int) -> Tensor:
        ctx.save_for_backward(x, t)
        ctx.count = count
        # softplus with a beta of -1 is -log(1 + e^-x)
        losses = (torch.sub(1, t_).mul_(x_).sub_(fused_softplus(x_, -1, 40)) for x_, t_ in parts(x, t))
        return total(loss.sum() for loss in losses) / count

    @staticmethod
    def backward(ctx, dloss: Tensor) -> tuple[Tensor, Tensor | None, None]:
        first_only("binary_cross_entropy")
        x, t = ctx.saved_tensors
        dloss = dloss / ctx.count
        dx = torch.empty_like(x)
        for x_, t_, dx_ in parts(x, t, dx):
            torch.sigmoid(x_, out=dx_).sub_(t_).mul_(dloss)
        return dx, x * -dloss if ctx.needs_input_grad[1] else None, None


class _BinaryCrossEntropies(torch.autograd.Function):
    """All of them, each with its own slope: dx = dloss (sigmoid(x) - t)."""

    @staticmethod
    def forward(ctx, x: Tensor, t: Tensor) -> Tensor:
        ctx.save_for_backward(x, t)
        return torch.sub(1, t).mul_(x).sub_(fused_softplus(x, -1, 40))

    @staticmethod
    def backward(ctx, dloss: Tensor) -> tuple[Tensor, Tensor | None]:
        first_only("binary_cross_entropy")
        x, t = ctx.saved_tensors
        return torch.sigmoid(x).sub_(t).mul_(dloss), x * -dloss if ctx.needs_input_grad[1] else None


def binary_cross_entropy(logits: Tensor, targets: Tensor, reduction: str = "mean") -> Result:
    """See `_BinaryCrossEntropy`."""
    if reduction == "none" and logits.dtype == targets.dtype and logits.dtype not in HALF:
        return _BinaryCrossEntropies.apply(logits, targets)
    return _reduced(_BinaryCrossEntropy, logits, targets, reduction)


class _SquaredError(torch.autograd.Function):
    """The sum of (y - t)^2 over `count` with its backward pass by hand: dy = 2 dloss (y - t) / count and dt = -dy."""

    @staticmethod
    def forward(ctx, y: Tensor, t: Tensor, count: int) -> Tensor:
        error = y - t
        ctx.save_for_backward(error)
        ctx.count = count
        return total(torch.dot(part, part) for (part,) in parts(error.flatten())) / count

    @staticmethod
    def backward(ctx, dloss: Tensor) -> tuple[Tensor, Tensor | None, None]:
        first_only("mse")
        (error,) = ctx.saved_tensors
        dy = error * (dloss * (2 / max(ctx.count, 1)))
        return dy, -dy if ctx.needs_input_grad[1] else None, None


def mse(values: Tensor, targets: Tensor, reduction: str = "mean") -> Result:
    """See `_SquaredError`."""
    return _reduced(_SquaredError, values, targets, reduction)
