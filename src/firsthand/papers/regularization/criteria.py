"""When to stop training: Prechelt's three classes of criteria, as pure functions of two curves.

Epochs count from 1. E_tr(t) is the mean training loss in epoch t, E_va(t) the validation loss after it. A strip is k
epochs in a row; strips end at k, 2k, 3k, ... Whatever the criterion, the weights to return are those of the lowest
E_va until then, not the last ones.
Source: Prechelt (1998), Early stopping, but when?, section 2.
"""

from collections.abc import Sequence
from itertools import accumulate

from firsthand.errors import UserError

STRIP = 5  # k, epochs of a strip
# The 14 criteria of the study by class, the fastest of each class first.
CRITERIA: dict[str, tuple[int | float, ...]] = {"GL": (1, 2, 3, 5), "PQ": (0.5, 0.75, 1, 2, 3), "UP": (2, 3, 4, 6, 8)}


def generalization_loss(val: Sequence[float]) -> list[float]:
    """GL(t) = 100 (E_va(t) / E_opt(t) - 1), E_opt(t) the lowest E_va until t: how many per cent worse than the best.

    0 whenever the validation loss has just been the lowest.
    """
    return [100 * (loss / lowest - 1) for loss, lowest in zip(val, accumulate(val, min), strict=True)]


def progress(train: Sequence[float], strip: int = STRIP) -> list[float | None]:
    """P_k(t) = 1000 (mean of E_tr / min of E_tr - 1) over the last k epochs; None before there are k of them.

    Large while the training loss falls or is unsettled, near 0 when it stands still, 0 when all k losses are equal.
    """
    strips = (train[t - strip : t] for t in range(strip, len(train) + 1))
    return [None] * min(strip - 1, len(train)) + [1000 * (sum(last) / (strip * min(last)) - 1) for last in strips]


def stop(kind: str, limit: int | float, train: Sequence[float], val: Sequence[float], strip: int = STRIP) -> int | None:
    """The epoch after which a criterion stops, or None if it lets training go on to the end of the curves.

    GL, limit alpha: the first epoch with GL(t) > alpha.
    PQ, limit alpha: the first end of a strip with GL(t) / P_k(t) > alpha, so that overfitting is borne while training
    still makes progress. It is tested as GL > alpha P_k, which P_k = 0 cannot break.
    UP, limit s: the first end of a strip at which E_va has risen from strip end to strip end s times in a row.
    Raises UserError for another kind, or curves of different lengths.
    """
    if len(train) != len(val):
        raise UserError(f"The curves must be as long as each other, got {len(train)} training and {len(val)} losses.")
    ends = range(strip, len(val) + 1, strip)
    if kind == "GL":
        return next((t for t, loss in enumerate(generalization_loss(val), 1) if loss > limit), None)
    if kind == "PQ":
        lost, made = generalization_loss(val), progress(train, strip)
        return next((t for t in ends if lost[t - 1] > limit * made[t - 1]), None)
    if kind == "UP":
        rises = 0
        for t in ends[1:]:
            rises = rises + 1 if val[t - 1] > val[t - strip - 1] else 0
            if rises >= limit:
                return t
        return None
    raise UserError(f"A stopping criterion is GL, PQ or UP, got '{kind}'.")


def best(val: Sequence[float], until: int | None = None) -> int:
    """The epoch with the lowest validation loss among the first `until` (all): the weights to return."""
    seen = list(val[:until])
    return 1 + seen.index(min(seen))
