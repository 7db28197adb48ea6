"""Losses: one number that says how wrong the outputs are."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from firsthand.nn.definition import definition
from firsthand.nn.derivative import first_only
from firsthand.nn.shape import wrong_shape


def _check(values: Tensor, targets: Tensor) -> None:
    if targets.shape != values.shape[:1]:
        raise wrong_shape("The vector of targets", targets, f"({values.shape[0]},), one class for every row")


def _of_target(values: Tensor, targets: Tensor) -> Tensor:
    """The value of the target class of every example."""
    _check(values, targets)
    return values.gather(1, targets[:, None]).squeeze(1)


class _CrossEntropy(torch.autograd.Function):
    """Cross-entropy with its backward pass by hand.

    With p = softmax(x) and t the one-hot rows of the targets, E = -(1/n) sum t log p. As log p_d = x_d - log sum e^x
    and d(log sum e^x) / dx = p, the two steps fuse into dx = (p - t) / n.
    """

    @staticmethod
    def forward(ctx, logits: Tensor, targets: Tensor) -> Tensor:
        logp = torch.log_softmax(logits, 1)
        weights = torch.zeros_like(logp).scatter_(1, targets.unsqueeze(1), -1 / len(targets))
        ctx.save_for_backward(logp, weights)
        return torch.dot(weights.flatten(), logp.flatten())

    @staticmethod
    def backward(ctx, dloss: Tensor) -> tuple[Tensor, None]:
        first_only("cross_entropy")
        logp, weights = ctx.saved_tensors
        return torch.add(weights, logp.exp(), alpha=1 / len(logp)).mul_(dloss), None


def _cross_entropy_fast(logits: Tensor, targets: Tensor) -> Tensor:
    _check(logits, targets)
    return _CrossEntropy.apply(logits, targets)


@definition(fast=_cross_entropy_fast)
def cross_entropy(logits: Float[Tensor, "batch classes"], targets: Int[Tensor, " batch"]) -> Float[Tensor, ""]:
    """The mean surprise -log softmax(x)_d = log sum_i e^(x_i) - x_d of the target class d, in nats.

    Raises UserError when there is not one target for every row.
    """
    return (torch.logsumexp(logits, 1) - _of_target(logits, targets)).mean()


def rbf_mle(distances: Float[Tensor, "batch classes"], targets: Int[Tensor, " batch"]) -> Float[Tensor, ""]:
    """The mean distance y_d of the target class d; with codes that may move it would collapse, so keep them fixed.

    Raises UserError when there is not one target for every row.
    Source: LeCun et al. (1998), equation 8.
    """
    return _of_target(distances, targets).mean()


def rbf_map(
    distances: Float[Tensor, "batch classes"], targets: Int[Tensor, " batch"], j: float = 10.0
) -> Float[Tensor, ""]:
    """The mean of y_d + log(e^-j + sum_i e^-y_i): the target's distance, and a push away from the other classes.

    e^-j is the weight of a "rubbish" class, which stops the push on classes farther than about j; the paper gives no
    value of j, and for j to infinity this is `cross_entropy` of the logits -y.
    Raises UserError when there is not one target for every row.
    Source: LeCun et al. (1998), equation 9.
    """
    rubbish = distances.new_full((len(distances), 1), -j)
    return (_of_target(distances, targets) + torch.logsumexp(torch.cat([-distances, rubbish], 1), 1)).mean()
