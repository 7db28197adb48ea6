"""Learning-rate schedules: functions from the step (0 is the first) to a factor of the base rate."""

from collections.abc import Callable
from math import cos, pi

from firsthand.errors import UserError

Schedule = Callable[[int], float]


def constant(total: int) -> Schedule:
    """The base rate all along: f = 1."""
    return lambda step: 1.0


def step(total: int, *, drops: tuple[int, ...] = (), factor: float = 0.1) -> Schedule:
    """f = factor^k after k of the drops; a drop at step d is in force from step d on."""
    return lambda step: factor ** sum(step >= drop for drop in drops)


def _glide(start: float, end: float, fraction: float) -> float:
    """Half a cosine from `start` to `end`, as the fraction goes from 0 to 1 (and stays there)."""
    return end + (start - end) * (1 + cos(pi * min(fraction, 1.0))) / 2


def cosine(total: int, *, warmup: int = 0, floor: float = 0.0) -> Schedule:
    """A straight line up over `warmup` steps, then half a cosine down to `floor` at step `total`.

    f(t) = (t + 1) / warmup while t < warmup; after it, with u = (t - warmup) / (total - warmup),
    f(t) = floor + (1 - floor) (1 + cos(pi u)) / 2.
    Raises UserError when the warm-up is as long as the run.
    Source: Loshchilov & Hutter (2017), SGDR, equation 5, without restarts.
    """
    if not 0 <= warmup < max(total, 1):
        raise UserError(f"The warm-up of {warmup} steps must be shorter than the run of {total}.")

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return _glide(1.0, floor, (step - warmup) / max(total - warmup, 1))

    return factor


def one_cycle(total: int, *, warmup_fraction: float = 0.3, start: float = 0.04, floor: float = 0.0) -> Schedule:
    """Half a cosine up from `start` to 1 over the first part of the run, then half a cosine down to `floor`.

    The top is at step warmup_fraction * total, the floor at step `total`.
    Raises UserError when the fraction is not in [0, 1).
    Source: Smith & Topin (2018), Super-convergence, who use straight lines; cosines are a later habit.
    """
    if not 0 <= warmup_fraction < 1:
        raise UserError(f"The warm-up fraction is {warmup_fraction}, expected 0 <= fraction < 1.")
    top = warmup_fraction * total

    def factor(step: int) -> float:
        if step < top:
            return _glide(start, 1.0, step / top)
        return _glide(1.0, floor, (step - top) / max(total - top, 1))

    return factor


def range_test(total: int, *, low: float = 1e-4, high: float = 10.0) -> Schedule:
    """Exponential growth from `low` at the first step to `high` at the last, to see where training starts and breaks.

    f(t) = low (high / low)^(t / (total - 1)).
    Source: Smith (2017), Cyclical learning rates, section 3.3, who grows linearly.
    """
    if not 0 < low <= high:
        raise UserError(f"The range test grows from low to high, both above 0, got {low} and {high}.")
    return lambda step: low * (high / low) ** (step / max(total - 1, 1))


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "one-cycle": one_cycle,
    "range": range_test,
}
