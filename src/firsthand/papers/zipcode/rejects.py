"""Reading with rejects: a digit about which the network is unsure goes to a person."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def margins(outputs: Float[Tensor, "images classes"]) -> Float[Tensor, " images"]:
    """The best output less the second best."""
    best = outputs.topk(2, dim=1).values
    return best[:, 0] - best[:, 1]


def substitutions(sure: Float[Tensor, " images"], wrong: Bool[Tensor, " images"]) -> Int[Tensor, " rejected"]:
    """How many images are accepted and read wrongly if the 0, 1, 2, ..., all least sure ones are rejected."""
    errors = wrong[sure.argsort(stable=True)].long()
    return torch.cat([errors.flip(0).cumsum(0).flip(0), errors.new_zeros(1)])


def rejects(sure: Float[Tensor, " images"], wrong: Bool[Tensor, " images"], most: float) -> float:
    """The share of all images that must be rejected so that a share of all, `most` or less, is read wrongly.

    Source: LeCun et al. (1990), section 5: both shares are of all patterns, not of those that are accepted.
    """
    return int((substitutions(sure, wrong) > most * len(wrong)).sum()) / len(wrong)
