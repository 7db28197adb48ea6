"""Claims as data: what a paper says, its numbers, how to measure ours, and what counts as reproduced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Verdict = Literal["reproduced", "partly", "not reproduced"]
Ours = Callable[[str, str], float]  # (arm, measure) -> our mean over the seeds, scaled to the paper's unit


@dataclass(frozen=True)
class Arm:
    """One configuration that a claim trains: a preset with some fields changed."""

    name: str  # as the table calls it
    preset: str
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # dotted recipe fields
    paper: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # measure -> the paper's number


@dataclass(frozen=True)
class Measure:
    """A number of result.json that a claim looks at: a metric, or `seconds`, `steps`, `params`."""

    name: str  # its key in result.json
    label: str  # as the table calls it, with its unit
    scale: float = 1.0  # multiplies our number into the paper's unit
    digits: int = 3  # decimals shown


@dataclass(frozen=True)
class Condition:
    """One thing that must hold for the claim to count as reproduced."""

    words: str  # what must hold, so that a reader can check it against the table
    holds: Callable[[Ours], bool]


@dataclass(frozen=True)
class Claim:
    """One claim of a paper as an experiment. All conditions hold: reproduced; some: partly; none: not reproduced."""

    key: str
    statement: str  # what the paper says, in one sentence
    where: str  # section, figure or table of the paper
    measures: tuple[Measure, ...]
    arms: tuple[Arm, ...]
    conditions: tuple[Condition, ...]
    seeds: tuple[int, ...] = (0, 1, 2)
    remark: str = ""  # where our experiment differs from the paper's, and why
    timed: bool = False  # its seconds matter: never run beside another

    def verdict(self, ours: Ours) -> Verdict:
        """What our means say about the claim."""
        held = [condition.holds(ours) for condition in self.conditions]
        return "reproduced" if all(held) else "partly" if any(held) else "not reproduced"
