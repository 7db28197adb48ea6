"""Claims whose conditions are functions of the means over the seeds, some of which make it partly; `firsthand.claims`
has them as data, with a kind and one condition that decides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from firsthand import claims
from firsthand.claims import Arm, Measure, Outcome, Seen, Verdict, conditions

__all__ = ["Arm", "Claim", "Condition", "Measure", "Ours", "Outcome", "Seen", "Verdict"]
Ours = conditions.Lookup


@dataclass(frozen=True)
class Claim(claims.Claim):
    """A claim that does not say yet of what kind it is."""

    kind: claims.Kind | Literal[""] = ""

    def verdict(self, judgements: list[claims.Judgement]) -> Verdict:
        """All conditions hold: reproduced; some: partly; none: not reproduced."""
        held = [judgement.holds for judgement in judgements]
        return "reproduced" if all(held) else "partly" if any(held) else "not reproduced"


def Condition(words: str, holds: Callable[[Ours], Any]) -> conditions.Condition:
    """A condition on the means."""
    return conditions.Condition(words, holds, over="the mean")
