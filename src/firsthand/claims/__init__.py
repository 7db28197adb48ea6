"""What a claim is, and what several papers measure alike: conditions as data, tasks, descent."""

from firsthand.claims.claim import Arm, Claim, Kind, Measure, Outcome, Seen, Verdict, in_order, near_paper
from firsthand.claims.conditions import (
    Condition,
    Judgement,
    Numbers,
    Quantity,
    equal,
    largest,
    limit_from,
    never,
    on_average,
    ordered,
    smallest,
    some_seed,
    within,
)

__all__ = [
    "Arm",
    "Claim",
    "Condition",
    "Judgement",
    "Kind",
    "Measure",
    "Numbers",
    "Outcome",
    "Quantity",
    "Seen",
    "Verdict",
    "equal",
    "in_order",
    "largest",
    "limit_from",
    "near_paper",
    "never",
    "on_average",
    "ordered",
    "smallest",
    "some_seed",
    "within",
]
