"""Conditions as data: what must hold of the numbers that a claim's runs gave.

A condition compares quantities as people write them: `VAL.of("GRU") <= 0.97 * VAL.of("tanh")`. From this one expression
come the words in the table, the numbers that it reads and the verdict, so that they cannot disagree. It must hold for
every seed; a number that a run did not give (it diverged, it never arrived) fails it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

Numbers = Mapping[str, Mapping[str, Sequence[float | None]]]  # arm -> measure -> a number for every seed
Lookup = Callable[[str, str], float]  # (arm, measure) -> the number of one seed; NaN where there is none
Origin = Literal["paper", "theory", "pilot", "ours"]  # where a limit comes from
T_95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)  # two-sided 95 % points of t, 1 to 9 degrees of freedom


@dataclass(frozen=True, eq=False)
class Quantity:
    """One number, or one for each of several arms, made from what was measured; `+ - * / abs` make new ones."""

    words: str
    values: tuple[Callable[[Lookup], float], ...]
    digits: int = 3

    def __add__(self, other: "Quantity | int | float") -> "Quantity":
        return combined(self, other, "+", lambda a, b: a + b)

    def __sub__(self, other: "Quantity | int | float") -> "Quantity":
        return combined(self, other, "-", lambda a, b: a - b)

    def __mul__(self, other: "Quantity | int | float") -> "Quantity":
        return combined(self, other, "×", lambda a, b: a * b)

    def __truediv__(self, other: "Quantity | int | float") -> "Quantity":
        return combined(self, other, "/", lambda a, b: a / b if b else math.nan)

    def __rmul__(self, other: int | float) -> "Quantity":
        return combined(constant(other), self, "×", lambda a, b: a * b)

    def __abs__(self) -> "Quantity":
        return replace(self, words=f"|{self.words}|", values=tuple(_computed(abs, value) for value in self.values))

    def called(self, words: str) -> "Quantity":
        """The same numbers under a name of their own, where a list of arms is too long to read."""
        return replace(self, words=words)

    def __le__(self, other: "Quantity | int | float") -> "Condition":
        return compared(self, other, "≤", lambda a, b: a <= b)

    def __lt__(self, other: "Quantity | int | float") -> "Condition":
        return compared(self, other, "<", lambda a, b: a < b)

    def __ge__(self, other: "Quantity | int | float") -> "Condition":
        return compared(self, other, "≥", lambda a, b: a >= b)

    def __gt__(self, other: "Quantity | int | float") -> "Condition":
        return compared(self, other, ">", lambda a, b: a > b)


@dataclass(frozen=True)
class Condition:
    """One thing that must hold, for every seed; for what no comparison can say there is Condition(words, function)."""

    words: str
    holds: Callable[[Lookup], bool]  # of the numbers of one seed; over "all seeds", a test of its own, of their means
    limit: Origin = "ours"  # where its limit comes from; committed before the runs that are judged
    over: Literal["every seed", "some seed", "all seeds", "the interval", "not a number"] = "every seed"
    gap: Callable[[Lookup], list[float]] | None = field(default=None, compare=False)  # for the interval: left - right

    def saying(self, text: str) -> "Condition":
        """The same with an introduction: what it means."""
        return replace(self, words=f"{text}: {self.words}")

    def judge(self, numbers: Numbers) -> "Judgement":
        """Whether it holds of these numbers, and which of them it read."""
        read: dict[tuple[str, str], None] = {}
        seeds = max(len(values) for row in numbers.values() for values in row.values())

        found: list[bool] = []
        gaps: list[list[float]] = []
        for seed in [None] if self.over == "all seeds" else range(seeds):
            seen: list[float] = []

            def of_seed(arm: str, measure: str, seed: int | None = seed, seen: list[float] = seen) -> float:
                read[arm, measure] = None
                values = [math.nan if value is None else float(value) for value in numbers[arm][measure]]
                seen.append(sum(values) / len(values) if seed is None else values[seed])
                return seen[-1]

            if self.over == "not a number":
                self.holds(of_seed)
                found.append(all(map(math.isnan, seen)))
            elif self.over == "the interval" and self.gap is not None:
                gaps.append(self.gap(of_seed))
            else:
                found.append(bool(self.holds(of_seed)) and not any(map(math.isnan, seen)))
        if self.over == "the interval":
            holds = all(upper(pair) <= 0 for pair in zip(*gaps, strict=True))
        else:
            holds = any(found) if self.over == "some seed" else all(found)
        return Judgement(self.words, bool(holds), self.limit, tuple(read))


@dataclass(frozen=True)
class Judgement:
    """What became of a condition."""

    words: str
    holds: bool
    limit: Origin
    reads: tuple[tuple[str, str], ...]  # (arm, measure)


def constant(number: int | float) -> Quantity:
    """A plain number as a quantity."""
    whole = float(number).is_integer() and abs(number) < 1e15
    return Quantity(f"{int(number):,}" if whole else f"{number:g}", (lambda m: float(number),))


def of(measure: str, label: str, arms: Sequence[str], scale: float = 1.0) -> Quantity:
    """A measure of an arm, or of each of several."""
    return Quantity(f"{label} of {listed(arms)}", tuple(_looked_up(arm, measure) for arm in arms))


def listed(names: Sequence[str]) -> str:
    """Names in a row, in quotes where they have commas of their own."""
    quoted = [f"'{name}'" if "," in name or " of " in name else name for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def largest(quantity: Quantity) -> Quantity:
    """The largest of several."""
    return replace(quantity, words=f"the largest {quantity.words}", values=(lambda m: extreme(quantity, m, max),))


def smallest(quantity: Quantity) -> Quantity:
    """The smallest of several."""
    return replace(quantity, words=f"the smallest {quantity.words}", values=(lambda m: extreme(quantity, m, min),))


def each(*quantities: Quantity) -> Quantity:
    """Several quantities side by side: what is asked must hold for each."""
    values = tuple(value for quantity in quantities for value in quantity.values)
    return Quantity(" and ".join(quantity.words for quantity in quantities), values)


def extreme(quantity: Quantity, m: Lookup, pick: Callable) -> float:
    """NaN where one of them is, which max and min would hide."""
    values = [value(m) for value in quantity.values]
    return math.nan if any(map(math.isnan, values)) else pick(values)


def combined(
    a: Quantity | int | float, b: Quantity | int | float, sign: str, do: Callable[[float, float], float]
) -> Quantity:
    """Arithmetic, number by number; one number meets each of several."""
    a, b = (x if isinstance(x, Quantity) else constant(x) for x in (a, b))
    pairs = paired(a, b)
    words = " ".join((bracketed(a, sign), sign, bracketed(b, sign)))
    return Quantity(words, tuple(_computed(do, left, right) for left, right in pairs))


def _looked_up(arm: str, measure: str) -> Callable[[Lookup], float]:
    """A number as it was measured."""
    return lambda m: m(arm, measure)


def _computed(do: Callable[..., float], *values: Callable[[Lookup], float]) -> Callable[[Lookup], float]:
    """A number made from others."""
    return lambda m: do(*[value(m) for value in values])


def bracketed(quantity: Quantity, sign: str) -> str:
    """Sums within a product or a quotient stand in brackets."""
    outer = any(f" {other} " in quantity.words for other in "+-")
    return f"({quantity.words})" if outer and sign in "×/-" else quantity.words


def paired(a: Quantity, b: Quantity) -> list[tuple[Callable, Callable]]:
    """Value beside value."""
    if 1 not in (len(a.values), len(b.values)) and len(a.values) != len(b.values):
        raise ValueError(f"'{a.words}' has {len(a.values)} numbers, '{b.words}' {len(b.values)}.")
    count = max(len(a.values), len(b.values))
    return list(zip(a.values * (count // len(a.values)), b.values * (count // len(b.values)), strict=True))


def compared(a: Quantity, b: Quantity | int | float, sign: str, do: Callable[[float, float], bool]) -> Condition:
    """A comparison: it holds if it holds for each of several."""
    b = b if isinstance(b, Quantity) else constant(b)
    pairs = paired(a, b)
    way = 1 if sign in "≤<" else -1
    return Condition(
        f"{a.words} {sign} {b.words}",
        lambda m: all([do(left(m), right(m)) for left, right in pairs]),  # a list: every number is read
        gap=lambda m: [way * (left(m) - right(m)) for left, right in pairs],
    )


def within(
    quantity: Quantity,
    target: int | float,
    by: int | float = 0,
    share: float = 0.0,
    factor: int | float = 1,
    whose: str = "",
) -> Condition:
    """A quantity near a target: not further away than `by`, a share of it, or a factor; `whose` number it is."""
    reach = by + share * abs(target)
    low, high = min(target / factor, target - reach), max(target * factor, target + reach)
    way = f"{by:g}" if by else f"{100 * share:g} %" if share else f"a factor of {factor:g}"
    return Condition(
        f"{quantity.words} within {way} of {whose}{constant(target).words}",
        lambda m: all([low <= value(m) <= high for value in quantity.values]),
    )


def equal(quantity: Quantity, target: int | float, to: int | float = 0) -> Condition:
    """A quantity that is a known number, to rounding."""
    words = f"{quantity.words} = {constant(target).words}" + (f" to {to:g}" if to else "")
    return Condition(words, lambda m: all([abs(value(m) - target) <= to for value in quantity.values]), "theory")


def limit_from(origin: Origin, *conditions: Condition) -> tuple[Condition, ...]:
    """The conditions, with word of where their limits come from."""
    return tuple(replace(condition, limit=origin) for condition in conditions)


def ordered(*quantities: Quantity) -> Condition:
    """Each is below the next."""
    values = [quantity.values[0] for quantity in quantities]
    return Condition(
        " < ".join(quantity.words for quantity in quantities),
        lambda m: all([a < b for a, b in pairwise([value(m) for value in values])]),
    )


def never(quantity: Quantity) -> Condition:
    """No run gives a number: it does not arrive, or it diverges."""
    return Condition(f"no {quantity.words}", lambda m: bool([v(m) for v in quantity.values]), over="not a number")


def some_seed(condition: Condition) -> Condition:
    """It is enough that it holds for one seed."""
    return replace(condition, words=f"for some seed: {condition.words}", over="some seed")


def on_average(condition: Condition) -> Condition:
    """It must hold for the whole 95 % interval of the mean over the seeds, not for every seed."""
    return replace(condition, words=f"on average (95 % interval): {condition.words}", over="the interval")


def upper(values: Sequence[float]) -> float:
    """The upper end of the 95 % interval of the mean; infinite with a NaN or a single value."""
    n = len(values)
    if n < 2 or any(map(math.isnan, values)):
        return math.inf
    mean = sum(values) / n
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    return mean + (T_95[n - 2] if n <= 10 else 1.96) * spread / math.sqrt(n)
