"""Three ways to say how well a key fits a query, and how sharp their softmax is: what two claims compare."""

from collections.abc import Sequence
from math import sqrt
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.claims import Arm, Condition, Measure, each
from firsthand.figures.style import BLUE, GREEN, RED
from firsthand.nn import tanh

Score = Literal["scaled", "raw", "additive"]
SIZES = (4, 16, 64, 256, 1024)  # numbers of a query and of a key, d_k
COLOURS = (RED, BLUE, GREEN)  # of raw, scaled and additive


def scores(
    kind: Score,
    q: Float[Tensor, "*batch 1 size"],
    k: Float[Tensor, "*batch keys size"],
    v: Float[Tensor, " size"] | None = None,
) -> Float[Tensor, "*batch keys"]:
    """How well the query fits every key: q . k, the same over sqrt(size), or v . tanh(q + k)."""
    if kind == "additive":
        return tanh(q + k) @ v
    dots = (q * k).sum(-1)
    return dots / sqrt(q.shape[-1]) if kind == "scaled" else dots


def entropy(a: Float[Tensor, "rows keys"]) -> Float[Tensor, ""]:
    """The mean entropy of rows of weights, in nats."""
    return -torch.special.xlogy(a, a).sum(1).mean()


def flat(arm: Arm, measures: Sequence[Measure], share: float) -> Condition:
    """An arm's numbers at every d_k near the one at the first."""
    first = measures[0].of(arm)
    words = f"{measures[0].label.split(',')[0]} of {arm.name} at every other d_k"
    return abs(each(*(measure.of(arm) for measure in measures[1:])).called(words) - first) <= share * first
