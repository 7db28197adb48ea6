"""What an exercise is: a paper in steps, each with its answer, its cases, and the mistakes that people make."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import getsource
from typing import Any, NamedTuple

from torch import Generator, Tensor

from firsthand.errors import unknown

Patch = tuple[tuple[str, str], ...]  # texts of the answer, each of which stands there once, and what replaces them


class Case(NamedTuple):
    """One set of inputs, with its sizes in words."""

    words: str
    inputs: Mapping[str, Any]  # arguments by name; tensors of floats are differentiated, but for a step's data


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give: the answer with a patch, and a hint that leads away from it."""

    name: str
    patch: Patch
    hint: str


def mistake(name: str, old: str, new: str, hint: str) -> Mistake:
    """A mistake that changes the answer in one place."""
    return Mistake(name, ((old, new),), hint)


@dataclass(frozen=True)
class Convention:
    """Another answer that is right, too."""

    name: str
    patch: Patch


@dataclass(frozen=True)
class Identity:
    """What must hold whatever the numbers are: `apart` is 0 where it does."""

    words: str
    apart: Callable[[Callable, Generator], Tensor | float]  # of the learner's function and a generator


def call(answer: Callable, **inputs: Any) -> Any:
    """What a function returns for these inputs, in their order: a learner may give them other names."""
    return answer(*inputs.values())


@dataclass(frozen=True)
class Step:
    """One function or class to write, from its statement."""

    minutes: int
    statement: str
    answer: Callable  # the function or class itself; its name is the step's
    cases: Callable[[Generator], Iterator[Case]]  # small to large
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    returns: tuple[str, ...] = ("the result",)  # what the outputs are called
    use: Callable[..., Any] = call  # how the answer is used with the inputs of a case
    gradients: bool = True  # whether those with respect to the inputs are compared
    data: tuple[str, ...] = ()  # inputs that are not differentiated: bits that are modelled, chances
    refused: tuple[str, ...] = ()  # functions of torch that the step is to be written without, by their names
    near: float = 1e-10  # share of a number by which another order of the same float64 operations may change it
    identities: tuple[Identity, ...] = ()
    conventions: tuple[Convention, ...] = ()

    @property
    def name(self) -> str:
        """Of the function or class."""
        return self.answer.__name__

    @cached_property
    def source(self) -> str:
        """The answer as it stands in its file."""
        return getsource(self.answer)


@dataclass(frozen=True)
class Exercise:
    """A paper in steps, each of which may use the ones before."""

    steps: tuple[Step, ...]

    @property
    def minutes(self) -> int:
        """About how long it takes."""
        return sum(step.minutes for step in self.steps)

    @property
    def source(self) -> str:
        """The file in which the answers stand."""
        return getsource(sys.modules[self.steps[0].answer.__module__])

    def number(self, step: Step) -> int:
        """The place of a step, from 1."""
        return self.steps.index(step) + 1

    def step(self, name: str) -> Step:
        """The step of this name or number; raises UserError naming the nearest."""
        by_name = {step.name: step for step in self.steps}
        if name.isdecimal() and 1 <= int(name) <= len(self.steps):
            return self.steps[int(name) - 1]
        if name not in by_name:
            raise unknown("step", name, by_name, f"they go from 1 to {len(self.steps)}, by number")
        return by_name[name]

    def patched(self, step: Step, patch: Patch) -> str:
        """The file of the answers with a patch; raises ValueError for a text that the answer does not hold once."""
        changed = step.source
        for old, new in patch:
            if changed.count(old) != 1:
                raise ValueError(f"{old!r} stands {changed.count(old)} times in {step.name}, not once.")
            changed = changed.replace(old, new)
        return self.source.replace(step.source, changed)


def given(function: Callable) -> Callable:
    """Mark a method that the learner's file holds as it is."""
    return function
