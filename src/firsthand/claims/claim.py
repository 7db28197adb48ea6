"""Claims as data: what a paper says, its numbers, how to measure ours, and what counts as reproduced.

A claim is measured by training runs or by experiments: functions `f(option=..., seed=0)` that return numbers (metrics)
and lists of numbers (for figures). It stands with its experiment and its figure in one file of the paper's `claims/`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal

from firsthand.claims.conditions import Condition, Judgement, Numbers, Quantity, of, within

Kind = Literal["the paper's number", "a secondary number", "the paper's statement", "identity", "our question"]
Verdict = Literal["reproduced", "checked", "partly", "not reproduced", "not tested at this scale"]
Outcome = Mapping[str, float | int | bool | list | None]  # what an experiment returns


@dataclass(frozen=True)
class Measure:
    """A number of result.json that a claim looks at: a metric, or `seconds`, `steps`, `params`."""

    name: str  # its key in result.json
    label: str  # as the table calls it, with its unit
    scale: float = 1.0  # multiplies our number into the paper's unit
    digits: int = 3  # decimals shown

    def of(self, *arms: "Arm | str") -> Quantity:
        """This measure of an arm, or of each of several, for a condition."""
        return of(self.name, self.label, [arm if isinstance(arm, str) else arm.name for arm in arms])


@dataclass(frozen=True)
class Arm:
    """One configuration that a claim measures: a preset with some fields changed, or an experiment with its options."""

    name: str  # as the table calls it
    preset: str = ""  # the recipe that is trained; empty for an experiment
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # dotted fields, or options
    paper: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # measure -> the printed number
    experiment: "Callable[..., Outcome] | str" = ""  # what is measured in place of a training run

    @property
    def measured(self) -> str:
        """The experiment's name on the command line; empty for a training run."""
        return self.experiment if isinstance(self.experiment, str) else self.experiment.__name__.replace("_", "-")


@dataclass(frozen=True)
class Seen:
    """What one run of an arm left, for a claim's figure."""

    seed: int
    result: Mapping[str, Any]  # result.json: "metrics", of an experiment also "series"
    rows: list[Mapping[str, Any]]  # metrics.jsonl of a training run, step by step


@dataclass(frozen=True)
class Claim:
    """One claim of a paper as an experiment.

    The first condition decides: all hold, reproduced (an identity: checked); the first holds, partly; else not
    reproduced. Where `untested` says why this scale cannot tell, that is the verdict, whatever the numbers.
    """

    key: str
    statement: str  # what the paper says, in one sentence
    where: str  # section, figure or table of the paper
    measures: tuple[Measure, ...]
    arms: tuple[Arm, ...]
    conditions: tuple[Condition, ...]
    kind: Kind = "our question"
    seeds: tuple[int, ...] = (0, 1, 2)
    remark: str = ""  # where our experiment differs from the paper's, and why
    untested: str = ""  # why this scale cannot tell
    timed: bool = False  # its seconds matter: never run beside another
    figure: Callable[[Mapping[str, list[Seen]]], Any] | None = None  # arm -> runs to a matplotlib Figure; None: dots

    def judge(self, numbers: Numbers) -> list[Judgement]:
        """What became of each condition, from the numbers of every arm, measure and seed."""
        return [condition.judge(numbers) for condition in self.conditions]

    def verdict(self, judgements: list[Judgement]) -> Verdict:
        """What they come to."""
        if self.untested:
            return "not tested at this scale"
        if all(judgement.holds for judgement in judgements):
            return "checked" if self.kind == "identity" else "reproduced"
        return "partly" if judgements[0].holds else "not reproduced"


def in_order(package: str, *names: str) -> tuple[Claim, ...]:
    """The claims of a paper's folder, each from the file of its name, in the order in which the page tells them."""
    return tuple(import_module(f"{package}.{name}").CLAIM for name in names)


def near_paper(
    arm: Arm, *measures: Measure, by: int | float = 0, share: float = 0.0, factor: int | float = 1
) -> Condition:
    """An arm's numbers near the printed ones, which stand in the arm: by a distance, a share of them or a factor."""
    whose = "the printed "
    parts = [within(measure.of(arm), arm.paper[measure.name], by, share, factor, whose) for measure in measures]
    return Condition(" and ".join(part.words for part in parts), lambda m: all([part.holds(m) for part in parts]))
