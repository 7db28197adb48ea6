"""Losses: one number that says how wrong the outputs are."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from firsthand.definition import HALF, definition, in_float32, rounded
from firsthand.errors import UserError
from firsthand.nn.activation import softplus
from firsthand.nn.fast import loss as fast
from firsthand.nn.shape import check_range, check_shape, indices, wrong_shape


def _check_classes(
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> None:
    targets, classes = _classes(logits, targets), logits.shape[1]
    if not 0 <= label_smoothing <= 1:
        raise UserError(f"The label smoothing is {label_smoothing}, expected 0 to 1.")
    _check_weight(weight, classes)
    check_range("The vector of targets", targets, classes, ignore_index)


@definition(fast=fast.cross_entropy, guard=_check_classes, lazily=True)
@in_float32
def cross_entropy(
    logits: Float[Tensor, "batch classes"],
    targets: Int[Tensor, " batch"],
    weight: Float[Tensor, " classes"] | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> Float[Tensor, ""]:
    """The mean surprise -log softmax(x)_d = log sum_i e^(x_i) - x_d of the target class d, in nats.

    `weight` has a factor for every class, and the mean is weighted: it divides by the sum of the targets' weights.
    Smoothing by e expects 1 - e + e / C of the target and e / C of each other of C classes. Rows whose target is
    `ignore_index` do not count. Where nothing is left, or only weights of 0, the mean is 0 / 0, not a number, and all
    gradients are 0, so that a batch of padding does no harm to the weights. `weight` gets no gradient.
    A batch of sequences comes as one long batch: `logits.flatten(0, 1)` and `targets.flatten()`.
    Raises UserError when there is not one target from 0 to C - 1 for every row, or the options do not fit; on a GPU
    torch stops the program for a target out of range.
    Source: Szegedy et al. (2016), Rethinking the Inception architecture, section 7, for smoothing.
    """
    targets = targets.long()
    if weight is None and ignore_index is None and not label_smoothing:
        return (torch.logsumexp(logits, 1) - _of(logits, targets)).mean()
    counts, target = _counted(targets, ignore_index)
    weights = _weights(counts, target, weight, logits.dtype)
    surprise = torch.logsumexp(logits, 1, keepdim=True) - logits
    losses = (1 - label_smoothing) * weights * _of(surprise, target)
    if label_smoothing:
        of_all = surprise if weight is None else weight.detach().to(logits.dtype) * surprise
        losses = losses + (label_smoothing * of_all.mean(1)).where(counts, 0)
    return _over(losses.sum(), weights.sum())


def nll(
    log_probabilities: Float[Tensor, "batch classes"],
    targets: Int[Tensor, " batch"],
    weight: Float[Tensor, " classes"] | None = None,
    ignore_index: int | None = None,
) -> Float[Tensor, ""]:
    """The mean of -log p_d for the target class d: `cross_entropy` of what `log_softmax` has already seen.

    `weight` and `ignore_index` are those of `cross_entropy`, as is what comes of a batch in which nothing counts.
    Raises UserError when there is not one target from 0 to C - 1 for every row, or the options do not fit.
    """
    if weight is None and ignore_index is None:
        return -_of_target(log_probabilities, targets).mean()
    counts, target = _counted(_classes(log_probabilities, targets), ignore_index)
    _check_weight(weight, log_probabilities.shape[1])
    of_target = _of_target(log_probabilities, target)
    weights = _weights(counts, target, weight, log_probabilities.dtype)
    loss = -(weights * of_target).where(weights != 0, 0).sum()
    return rounded(_over(loss, weights.sum()), log_probabilities.dtype)


def _classes(values: Tensor, targets: Tensor) -> Tensor:
    """The targets, checked but for their range."""
    shape = values.shape
    if len(shape) != 2:
        raise wrong_shape("The tensor of scores", values, "(batch, classes)")
    if targets.shape != shape[:1]:
        raise wrong_shape("The vector of targets", targets, f"({shape[0]},), one class for every row")
    return targets if targets.dtype is torch.int64 else indices("The vector of targets", targets)


def _check_weight(weight: Tensor | None, classes: int) -> None:
    if weight is not None:
        check_shape("The vector of class weights", weight, (classes,), "one for every class")


def _of(values: Tensor, targets: Tensor) -> Tensor:
    """The value of the target class of every example."""
    return values.gather(1, targets.unsqueeze(1)).squeeze(1)


def _of_target(values: Tensor, targets: Tensor) -> Tensor:
    """The same for targets that nobody has looked at."""
    targets = _classes(values, targets)
    try:
        return _of(values, targets)
    except RuntimeError:  # looking at the range beforehand would cost every call
        check_range("The vector of targets", targets, values.shape[1])
        raise


def _counted(targets: Tensor, ignore_index: int | None) -> tuple[Tensor, Tensor]:
    """Which rows count, and the targets, 0 where they do not."""
    counts = torch.ones_like(targets, dtype=torch.bool) if ignore_index is None else targets != ignore_index
    return counts, targets.where(counts, 0)


def _weights(counts: Tensor, target: Tensor, weight: Tensor | None, dtype: torch.dtype) -> Tensor:
    """The weight of every row: its target's, 0 where it does not count."""
    dtype = torch.float32 if dtype in HALF else dtype
    return counts.to(dtype) if weight is None else weight.detach().to(dtype).index_select(0, target) * counts


def _over(loss: Tensor, count: Tensor) -> Tensor:
    """loss / count; where nothing counts, not a number, through which no gradient flows."""
    some = count != 0
    return (loss / count.where(some, 1)).where(some, torch.nan)


def _check_values(values: Tensor, targets: Tensor, reduction: str = "mean") -> None:
    check_shape("The tensor of targets", targets, values.shape)
    if reduction not in ("mean", "sum", "none"):
        raise UserError(f"A loss is reduced by 'mean', 'sum' or 'none', got '{reduction}'.")


def _check_logits(logits: Tensor, targets: Tensor, reduction: str = "mean") -> None:
    _check_values(logits, targets, reduction)


@definition(fast=fast.binary_cross_entropy, guard=_check_logits)
@in_float32
def binary_cross_entropy(
    logits: Float[Tensor, "*shape"], targets: Float[Tensor, "*shape"], reduction: str = "mean"
) -> Float[Tensor, "..."]:
    """-t log p - (1 - t) log(1 - p) with p = sigmoid(x), which is log(1 + e^-x) + (1 - t) x, in nats.

    The `reduction` over all values is "mean", "sum" or "none". Raises UserError when the targets have another shape.
    """
    return _reduce(softplus(-logits) + (1 - targets) * logits, reduction)


@definition(fast=fast.mse, guard=_check_values)
@in_float32
def mse(
    values: Float[Tensor, "*shape"], targets: Float[Tensor, "..."], reduction: str = "mean"
) -> Float[Tensor, "..."]:
    """The squared error (y - t)^2.

    The `reduction` over all values is "mean", "sum" or "none". Raises UserError when the targets have another shape.
    """
    return _reduce((values - targets).square(), reduction)


def _reduce(values: Tensor, reduction: str) -> Tensor:
    return values if reduction == "none" else values.mean() if reduction == "mean" else values.sum()


@in_float32
def gaussian_kl(
    mean: Float[Tensor, "*batch latent"], log_variance: Float[Tensor, "*batch latent"]
) -> Float[Tensor, "*batch"]:
    """KL(N(m, s^2) || N(0, 1)) = sum_j (m_j^2 + s_j^2 - 1 - log s_j^2) / 2 of every row, in nats.

    Raises UserError when there is not one variance for every mean.
    Source: Kingma & Welling (2014), appendix B.
    """
    check_shape("The tensor of log-variances", log_variance, mean.shape)
    # expm1 keeps the digits that s^2 - 1 would lose near s = 1
    return (mean.square() + torch.expm1(log_variance) - log_variance).sum(-1) / 2


def negative_sampling(
    centre: Float[Tensor, "batch embed"],
    target: Float[Tensor, "batch embed"],
    noise: Float[Tensor, "batch k embed"],
    keep: Bool[Tensor, "batch k"] | None = None,
) -> Float[Tensor, ""]:
    """The mean of -log s(u_o . v) - sum_i log s(-u_i . v), s the sigmoid: the target u_o against k words of noise u_i.

    Averaged over the batch, summed over the noise. Noise that `keep` marks False does not count: word2vec skips a draw
    that is the target itself.
    Raises UserError when the vectors, or the marks, do not fit together.
    Source: Mikolov et al. (2013), Distributed representations of words and phrases, equation 4.
    """
    check_shape("The tensor of targets", target, centre.shape, "a vector for every centre")
    if noise.ndim != 3 or (noise.shape[0], noise.shape[2]) != centre.shape:
        raise wrong_shape("The tensor of noise", noise, f"(batch, k, embed) to fit centres of {tuple(centre.shape)}")
    against = softplus(torch.einsum("bke, be -> bk", noise, centre))
    if keep is not None:
        check_shape("The tensor of noise to keep", keep, against.shape)
        against = against.where(keep, 0)
    return (softplus(-(target * centre).sum(1)) + against.sum(1)).mean()


def rbf_mle(
    distances: Float[Tensor, "batch classes"], targets: Int[Tensor, " batch"], reduction: str = "mean"
) -> Float[Tensor, "..."]:
    """The mean distance y_d of the target class d; with codes that may move it would collapse, so keep them fixed.

    Raises UserError when there is not one target from 0 to C - 1 for every row.
    Source: LeCun et al. (1998), equation 8.
    """
    return _reduce(_of_target(distances, targets), reduction)


def rbf_map(
    distances: Float[Tensor, "batch classes"],
    targets: Int[Tensor, " batch"],
    j: float = 10.0,
    reduction: str = "mean",
) -> Float[Tensor, "..."]:
    """The mean of y_d + log(e^-j + sum_i e^-y_i): the target's distance, and a push away from the other classes.

    e^-j is the weight of a "rubbish" class, which stops the push on classes farther than about j; the paper gives no
    value of j, and for j to infinity this is `cross_entropy` of the logits -y.
    Raises UserError when there is not one target from 0 to C - 1 for every row.
    Source: LeCun et al. (1998), equation 9.
    """
    rubbish = distances.new_full((len(distances), 1), -j)
    return _reduce(_of_target(distances, targets) + torch.logsumexp(torch.cat([-distances, rubbish], 1), 1), reduction)
