"""Claims whose conditions are functions of the means over the seeds; `firsthand.claims` has them as data."""

from collections.abc import Callable
from typing import Any

from firsthand.claims import Arm, Claim, Measure, Outcome, Seen, claim, conditions

__all__ = ["Arm", "Claim", "Condition", "Measure", "Ours", "Outcome", "Seen", "Verdict"]
Ours = conditions.Lookup
Verdict = claim.Verdict


def Condition(words: str, holds: Callable[[Ours], Any]) -> conditions.Condition:
    """A condition on the means."""
    return conditions.Condition(words, holds, over="the mean")
