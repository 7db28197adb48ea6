"""Conditions: words, reads and verdict come from one expression; NaN never passes; every seed counts."""

import math

import pytest

from firsthand.claims import (
    Arm,
    Claim,
    Condition,
    Measure,
    each,
    equal,
    largest,
    limit_from,
    near_paper,
    never,
    on_average,
    ordered,
    smallest,
    some_seed,
    within,
)

LOSS, STEPS = Measure("loss", "test loss", digits=2), Measure("steps", "steps")
A, B, C = Arm("A", "laptop", paper={"loss": 2.0}), Arm("B, large", "laptop"), Arm("C", "laptop")
NUMBERS = {
    "A": {"loss": [1.0, 2.0, 3.0], "steps": [None, None, None]},
    "B, large": {"loss": [2.0, 3.0, 4.0], "steps": [10, None, 30]},
    "C": {"loss": [2.5, 2.5, 2.5], "steps": [20, 20, 40]},
}
A_, B_ = "test loss of A", "test loss of 'B, large'"
a, b, c = (LOSS.of(arm) for arm in (A, B, C))

# condition -> its words, whether it holds, the arms it reads
CASES = {
    "every seed": (a < b, "test loss of A < test loss of 'B, large'", True, "AB"),
    "one seed is enough to fail": (c <= b, "test loss of C ≤ test loss of 'B, large'", False, "BC"),
    "a number": (a <= 3, "test loss of A ≤ 3", True, "A"),
    "a number, from above": (a >= 1.5, "test loss of A ≥ 1.5", False, "A"),
    "strictly": (a > 1, "test loss of A > 1", False, "A"),
    "large numbers": (a <= 37_000, "test loss of A ≤ 37,000", True, "A"),
    "a factor": (2 * a >= b, "2 × test loss of A ≥ test loss of 'B, large'", True, "AB"),
    "a share": (a / b <= 0.7, "test loss of A / test loss of 'B, large' ≤ 0.7", False, "AB"),
    "a product of a sum": (2 * (b - a) <= 2, "2 × (test loss of 'B, large' - test loss of A) ≤ 2", True, "AB"),
    "a size": (abs(a - b) <= 1, "|test loss of A - test loss of 'B, large'| ≤ 1", True, "AB"),
    "several": (LOSS.of(A, C) < 3.5, "test loss of A and C < 3.5", True, "AC"),
    "several, one of them not": (LOSS.of(A, B) < 3.5, "test loss of A and 'B, large' < 3.5", False, "AB"),
    "several under one name": (LOSS.of(A, C).called("both losses") < 3.5, "both losses < 3.5", True, "AC"),
    "several measures": (each(a, STEPS.of(C)) <= 40, "test loss of A and steps of C ≤ 40", True, "AC"),
    "several measures, one of them not": (each(a, c) > 1, "test loss of A and test loss of C > 1", False, "AC"),
    "each, in other words": (each(a, c).called("both") < 3.5, "both < 3.5", True, "AC"),
    "each of them": (each(a, c).called("these") <= each(b, a).called("those"), "these ≤ those", False, "ABC"),
    "the largest": (largest(LOSS.of(A, B)) <= 4, "the largest test loss of A and 'B, large' ≤ 4", True, "AB"),
    "the smallest": (smallest(LOSS.of(B, C)) >= c, f"the smallest {B_} and C ≥ test loss of C", False, "BC"),
    "an order": (ordered(a, b, 2 * b), f"{A_} < {B_} < 2 × {B_}", True, "AB"),
    "near": (within(a, 2, by=1), "test loss of A within 1 of 2", True, "A"),
    "near, a share": (within(a, 2, share=0.4), "test loss of A within 40 % of 2", False, "A"),
    "near, a factor": (within(a, 2, factor=2), "test loss of A within a factor of 2 of 2", True, "A"),
    "near the paper": (near_paper(A, LOSS, by=0.5), "test loss of A within 0.5 of the printed 2", False, "A"),
    "equal": (equal(c, 2.5), "test loss of C = 2.5", True, "C"),
    "equal, to rounding": (equal(c, 2.4, to=0.11), "test loss of C = 2.4 to 0.11", True, "C"),
    "no number fails": (STEPS.of(B) <= 30, "steps of 'B, large' ≤ 30", False, "B"),
    "no number fails from above": (STEPS.of(B) >= 0, "steps of 'B, large' ≥ 0", False, "B"),
    "never": (never(STEPS.of(A)), "no steps of A", True, "A"),
    "not never": (never(STEPS.of(B)), "no steps of 'B, large'", False, "B"),
    "some seed": (some_seed(c <= a), "for some seed: test loss of C ≤ test loss of A", True, "AC"),
    "on average": (on_average(a <= b), f"on average (95 % interval): {A_} ≤ {B_}", True, "AB"),
    "on average, too few to tell": (on_average(c <= b), None, False, "BC"),
    "by hand": (Condition("A is odd", lambda m: m("A", "loss") % 2 == 1), "A is odd", False, "A"),
    "by hand, without a number": (Condition("A takes no steps", lambda m: not m("A", "steps") > 0), None, False, "A"),
    "introduced": ((a < b).saying("A learns"), "A learns: test loss of A < test loss of 'B, large'", True, "AB"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_words_verdict_and_reads(name):
    condition, words, holds, arms = CASES[name]
    judged = condition.judge(NUMBERS)
    assert words is None or judged.words == words
    assert judged.holds is holds
    assert sorted({arm[0] for arm, _ in judged.reads}) == list(arms)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "never" not in name])
def test_nan_never_passes(name):
    """Whatever is asked, an arm that gave no number fails it."""
    nothing = {arm: {measure: [None] * 3 for measure in row} for arm, row in NUMBERS.items()}
    assert CASES[name][0].judge(nothing).holds is False
    nan = {arm: {measure: [math.nan] * 3 for measure in row} for arm, row in NUMBERS.items()}
    assert CASES[name][0].judge(nan).holds is False


def test_the_interval_of_three_seeds():
    """Student's t at two degrees of freedom: 4.30 s / sqrt(3) above the mean."""
    edge = 4.30 * 1.0 / math.sqrt(3)
    for shift, holds in ((-0.01, True), (0.01, False)):
        numbers = {"A": {"loss": [x - edge - shift * -1 for x in (-1.0, 0.0, 1.0)]}}
        assert on_average(a <= 0).judge(numbers).holds is holds
    assert on_average(a <= 0).judge({"A": {"loss": [-5.0]}}).holds is False


def test_sizes_that_do_not_fit():
    with pytest.raises(ValueError, match="has 2 numbers"):
        LOSS.of(A, B) <= LOSS.of(A, B, C)  # noqa: B015


def claim(*conditions: Condition, **more) -> Claim:
    return Claim("key", "It learns.", "table 1", (LOSS, STEPS), (A, B, C), conditions, **more)


def test_the_first_condition_decides():
    true, false = a < b, c <= b
    for conditions, verdict in (
        ((true, true), "reproduced"), ((true, false), "partly"), ((false, true), "not reproduced"),
    ):  # fmt: skip
        one = claim(*conditions)
        assert one.verdict(one.judge(NUMBERS)) == verdict
    known = claim(true, kind="identity")
    assert known.verdict(known.judge(NUMBERS)) == "checked"
    small = claim(true, untested="The paper trains for 200 passes.")
    assert small.verdict(small.judge(NUMBERS)) == "not tested at this scale"


def test_limits_say_where_they_come_from():
    first, second = limit_from("paper", a < b, a <= 3)
    assert (first.judge(NUMBERS).limit, second.limit, (a < b).limit) == ("paper", "paper", "ours")
