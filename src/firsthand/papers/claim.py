"""Claims as data: what a paper says, its numbers, how to measure ours, and what counts as reproduced.

A claim is measured by training runs or by experiments: functions `f(option=..., seed=0)` in the paper's
`experiments.py`, listed there in EXPERIMENTS, that return numbers (metrics) and lists of numbers (for figures).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Verdict = Literal["reproduced", "partly", "not reproduced"]
Ours = Callable[[str, str], float]  # (arm, measure) -> our mean over the seeds, scaled to the paper's unit
Outcome = Mapping[str, float | int | bool | list | None]  # what an experiment returns


@dataclass(frozen=True)
class Arm:
    """One configuration that a claim measures: a preset with some fields changed, or an experiment with its options."""

    name: str  # as the table calls it
    preset: str = ""  # the recipe that is trained; empty for an experiment
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # dotted fields, or options
    paper: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # measure -> the paper's number
    experiment: str = ""  # a name in the paper's EXPERIMENTS; empty for a preset


@dataclass(frozen=True)
class Seen:
    """What one run of an arm left, for a claim's figure."""

    seed: int
    result: Mapping[str, Any]  # result.json: "metrics", of an experiment also "series"
    rows: list[Mapping[str, Any]]  # metrics.jsonl of a training run, step by step


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
    figure: Callable[[Mapping[str, list[Seen]]], Any] | None = None  # arm -> runs to a matplotlib Figure; None: dots

    def verdict(self, ours: Ours) -> Verdict:
        """What our means say about the claim."""
        held = [condition.holds(ours) for condition in self.conditions]
        return "reproduced" if all(held) else "partly" if any(held) else "not reproduced"
