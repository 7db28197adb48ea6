"""Whether what a learner's function does is right, and if not, which mistake does the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from firsthand.papers.exercise import Case, Mistake, Step
from firsthand.study.judge.behaviour import Behaviour

NOISE = 1e-3  # what a tolerance is, of the largest number, beside what it is of each
SINGLE = 1e-6  # share of a number by which a few operations in float32 change it


@dataclass(frozen=True)
class Difference:
    """Where a behaviour first leaves another: in the values or the gradients of the smallest such case."""

    case: int
    name: str  # of an output, or "dL/dx"
    place: tuple[int, ...] = ()
    found: float = 0.0
    expected: float = 0.0
    shapes: tuple[tuple[int, ...], tuple[int, ...]] | None = None  # found and expected, where they differ

    @property
    def in_gradients(self) -> bool:
        """Whether the values of that case hold."""
        return self.name.startswith("dL/d")

    @property
    def single(self) -> bool:
        """Whether it is as small as the rounding of float32."""
        return self.shapes is None and 0 < abs(self.found - self.expected) <= SINGLE * abs(self.expected)

    def told(self, cases: Sequence[Case]) -> str:
        """The difference in words."""
        where = f"smallest case: {cases[self.case].words}"
        if self.shapes:
            found, expected = (f"({', '.join(map(str, shape))})" for shape in self.shapes)
            return f"{where}: {self.name} has the shape {found}, should be {expected}"
        place = f"[{', '.join(map(str, self.place))}]" if self.place else ""
        found, expected = f"{self.found:.6g}", f"{self.expected:.6g}"
        if found == expected:
            found, expected = f"{self.found:.15g}", f"{self.expected:.15g}"
        return f"{where}: {self.name}{place} is {found}, should be {expected}"


def largest(values: Tensor) -> float:
    """The size of the largest number that is finite; 0 if there is none."""
    size = values.abs()
    return float(size[size.isfinite()].max()) if size.isfinite().any() else 0.0


def apart(found: Tensor, expected: Tensor, near: float, beside: float = 0.0) -> tuple[int, ...] | None:
    """The place of the largest difference, or None where two tensors of one shape hold the same numbers.

    `beside` is the size of numbers that these came with, by which rounding may move them, too.
    """
    most = max(largest(expected), beside)
    distance = (found - expected).abs()
    same = (found == expected) | (found.isnan() & expected.isnan())
    excess = torch.where(same, 0.0, distance - near * (expected.abs() + NOISE * most)).nan_to_num(torch.inf, torch.inf)
    if not excess.numel() or float(excess.max()) <= 0:
        return None
    flat = int(excess.argmax())
    return tuple(int(i) for i in torch.unravel_index(torch.tensor(flat), expected.shape)) if expected.ndim else ()


def difference(found: Behaviour, expected: Behaviour, near: float) -> Difference | None:
    """The first difference, values before gradients; None where both do the same as far as `found` goes.

    A gradient that is 0 but for rounding is so beside the other gradients of its case: a norm takes a bias away again.
    """
    for slopes in (False, True):
        for case, (ours, theirs) in enumerate(zip(found.values, expected.values, strict=False)):
            beside = max((largest(right) for name, right in theirs.items() if name.startswith("dL/d")), default=0.0)
            for name, right in theirs.items():
                if name.startswith("dL/d") is not slopes:
                    continue
                value = ours.get(name)
                if value is None or value.shape != right.shape:
                    shape = () if value is None else tuple(value.shape)
                    return Difference(case, name, shapes=(shape, tuple(right.shape)))
                place = apart(value, right, near, beside if slopes else 0.0)
                if place is not None:
                    return Difference(case, name, place, value[place].item(), right[place].item())
    return None


def alike(found: Behaviour, other: Behaviour, near: float) -> bool:
    """Whether two behaviours cannot be told apart: the same numbers, and the same exception after them."""
    if len(found.values) != len(other.values) or (found.failure is None) is not (other.failure is None):
        return False
    if found.failure and other.failure:
        return (found.failure.kind, found.failure.text) == (other.failure.kind, other.failure.text) and (
            difference(found, other, near) is None
        )
    return difference(found, other, near) is None


def named(
    found: Behaviour, step: Step, tried: Callable[[Sequence[tuple[Mistake, ...]]], list[Behaviour | None]]
) -> tuple[Mistake, ...]:
    """The mistake that does the same, else the two that together do; empty where there is none.

    `tried` returns what the answer does with each of some sets of mistakes, None for patches that do not go together.
    """
    alone = [(one,) for one in step.mistakes]
    pairs = [(one, other) for i, one in enumerate(step.mistakes) for other in step.mistakes[i + 1 :]]
    for sets in (alone, pairs):
        for mistakes, behaviour in zip(sets, tried(sets), strict=True):
            if behaviour is not None and alike(found, behaviour, step.near):
                return mistakes
    return ()
