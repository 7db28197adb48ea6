"""Bounds of numbers that people give: every numeric field of a recipe has an interval, and is finite."""

import math
import re
from numbers import Integral, Real
from typing import Any

from firsthand.errors import UserError

# Intervals as mathematics writes them: a round bracket leaves its end out.
ANY = "[-1e12, 1e12]"  # its square fits in float32, as that of the next two
NOT_NEGATIVE = "[0, 1e12]"
POSITIVE = "(0, 1e12]"
RATE = "[0, 1e30]"  # and a multiple of it fits in float32
MULTIPLE = "[0, 1e6]"  # of a rate
SHARE = "[0, 1]"  # a share of something
PART = "[0, 1)"  # a share that leaves some, as dropout, and the decay of a running mean
COUNT = "[1, 1e12]"  # of steps or examples
ORDINAL = "[0, 1e12]"  # a count that may be none
SIZE = "[1, 1e8]"  # of a layer: four bytes for each pair of inputs and outputs can be counted in 64 bits
DEPTH = "[1, 1000]"  # layers, one on the other
SEED = f"[{-(2**63)}, {2**64})"  # what torch's generators take

_MOST = 1000  # numbers in one field


def within(spec: Any, prefix: str = "", /, **intervals: str) -> None:
    """Raise UserError for a field of `spec` outside of its interval; None passes, and of a tuple every number counts.

    `prefix` stands before the name in the message: "model.".
    """
    for field, interval in intervals.items():
        value = getattr(spec, field)
        if isinstance(value, list | tuple):
            if len(value) > _MOST:
                raise UserError(f"{prefix}{field} must have at most {_MOST} numbers, got {len(value):,}.")
            for number in value:
                check(prefix + field, number, interval)
        elif value is not None:
            check(prefix + field, value, interval)


def layered(model: Any) -> None:
    """Raise UserError unless the sizes in `model.hidden` are those of a layer or more."""
    within(model, "model.", hidden=SIZE)
    if not model.hidden:
        raise UserError("model.hidden needs one size or more.")


def whole(name: str, value: Any, interval: str) -> None:
    """Raise UserError for a value that is no whole number, or lies outside of the interval."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise UserError(f"{name} must be a whole number, got {value!r}.")
    check(name, value, interval)


def check(name: str, value: Any, interval: str) -> None:
    """Raise UserError for a value that is no number, is not finite, or lies outside of the interval."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise UserError(f"{name} must be a number, got {value!r}.")
    low, high = map(float, re.findall(r"[^][(), ]+", interval))
    if value != value or abs(value) == math.inf:
        raise UserError(f"{name} must be a finite number, got {value}.")
    if value < low or (value == low and interval[0] == "("):
        allowed = f"{'above' if interval[0] == '(' else 'at least'} {_spelled(low)}"
    elif value > high or (value == high and interval[-1] == ")"):
        allowed = f"{'below' if interval[-1] == ')' else 'at most'} {_spelled(high)}"
    else:
        return
    raise UserError(f"{name} must be {allowed}, got {value}.")


def _spelled(bound: float) -> str:
    short = f"{bound:g}"
    return f"{bound:,.0f}" if bound == int(bound) and (bound < 1e15 or float(short) != bound) else short
