"""Losses: one number that says how wrong the outputs are."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .definition import definition
from .shape import wrong_shape


def _of_target(values: Tensor, targets: Tensor) -> Tensor:
    """The value of the target class of every example."""
    if targets.shape != values.shape[:1]:
        raise wrong_shape("The vector of targets", targets, f"({values.shape[0]},), one class for every row")
    return values.gather(1, targets[:, None]).squeeze(1)


def _cross_entropy_fast(logits: Tensor, targets: Tensor) -> Tensor:
    return -_of_target(torch.log_softmax(logits, 1), targets).mean()


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
