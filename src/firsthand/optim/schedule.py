"""Learning-rate schedules: functions from the step (0 is the first) to a factor of the base rate."""

from collections.abc import Callable
from math import cos, inf, pi, sqrt
from typing import Any

from firsthand.errors import UserError

Schedule = Callable[[int], float]


def constant(total: int) -> Schedule:
    """The base rate all along: f = 1."""
    return lambda step: 1.0


def step(total: int, *, drops: tuple[int, ...] = (), factor: float = 0.1) -> Schedule:
    """f = factor^k after k of the drops; a drop at step d is in force from step d on.

    Raises UserError for a factor below 0 or infinite.
    """
    if not 0 <= factor < inf:
        raise UserError(f"The rate is multiplied by a factor of 0 or more, got {factor}.")
    return lambda step: factor ** sum(step >= drop for drop in drops)


def _glide(start: float, end: float, fraction: float) -> float:
    """Half a cosine from `start` to `end`, as the fraction goes from 0 to 1 (and stays there)."""
    return end + (start - end) * (1 + cos(pi * min(fraction, 1.0))) / 2


def _refuse_no_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise UserError(f"The {name} is a share of the base rate, from 0 to 1, got {value}.")


def _after_warmup(total: int, warmup: int, fall: Callable[[float], float]) -> Schedule:
    """A straight line up over `warmup` steps; after it, what `fall` makes of the fraction of the rest that is over."""
    if not 0 <= warmup < max(total, 1):
        raise UserError(f"The warm-up of {warmup} steps must be shorter than the run of {total}.")

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return fall(min((step - warmup) / max(total - warmup, 1), 1.0))

    return factor


def cosine(total: int, *, warmup: int = 0, floor: float = 0.0) -> Schedule:
    """A straight line up over `warmup` steps, then half a cosine down to `floor` at step `total`.

    f(t) = (t + 1) / warmup while t < warmup; after it, with u = (t - warmup) / (total - warmup),
    f(t) = floor + (1 - floor) (1 + cos(pi u)) / 2.
    Raises UserError when the warm-up is as long as the run, or the floor outside [0, 1].
    Source: Loshchilov & Hutter (2017), SGDR, equation 5, without restarts.
    """
    _refuse_no_share("floor", floor)
    return _after_warmup(total, warmup, lambda u: _glide(1.0, floor, u))


def linear(total: int, *, warmup: int = 0, floor: float = 0.0) -> Schedule:
    """A straight line up over `warmup` steps, then a straight line down to `floor` at step `total`.

    f(t) = (t + 1) / warmup while t < warmup; after it, with u = (t - warmup) / (total - warmup),
    f(t) = 1 - (1 - floor) u.
    Raises UserError when the warm-up is as long as the run, or the floor outside [0, 1].
    Source: Devlin et al. (2019), BERT, appendix A.2.
    """
    _refuse_no_share("floor", floor)
    return _after_warmup(total, warmup, lambda u: 1 - (1 - floor) * u)


def inverse_sqrt(total: int, *, warmup: int = 1) -> Schedule:
    """A straight line up over `warmup` steps, then down as the root of the step; `warmup` = 1 is 1 / sqrt(t + 1).

    f(t) = min((t + 1) / warmup, sqrt(warmup / (t + 1))): at its top, step warmup - 1, it is 1. The paper's rate has the
    base rate (width warmup)^(-1/2).
    Raises UserError for a warm-up of less than one step.
    Source: Vaswani et al. (2017), equation 3.
    """
    if warmup < 1:
        raise UserError(f"The warm-up must be of at least 1 step, got {warmup}.")
    return lambda step: min((step + 1) / warmup, sqrt(warmup / (step + 1)))


def exponential(total: int, *, factor: float = 0.96, every: int = 100) -> Schedule:
    """Down by one factor again and again: f(t) = factor^floor(t / every).

    Raises UserError unless the factor is in (0, 1] and `every` is at least 1.
    Source: Szegedy et al. (2015), GoogLeNet, section 6: 4% less every 8 passes.
    """
    if not (0 < factor <= 1 and every >= 1):
        raise UserError(f"The rate falls by a factor in (0, 1] every 1 or more steps, got {factor} and {every}.")
    return lambda step: factor ** (step // every)


def one_cycle(total: int, *, warmup_fraction: float = 0.3, start: float = 0.04, floor: float = 0.0) -> Schedule:
    """Half a cosine up from `start` to 1 over the first part of the run, then half a cosine down to `floor`.

    The top is at step warmup_fraction * total, the floor at step `total`.
    Raises UserError when the fraction is not in [0, 1), or start or floor outside [0, 1].
    Source: Smith & Topin (2018), Super-convergence, who use straight lines; cosines are a later habit.
    """
    if not 0 <= warmup_fraction < 1:
        raise UserError(f"The warm-up fraction is {warmup_fraction}, expected 0 <= fraction < 1.")
    _refuse_no_share("start", start)
    _refuse_no_share("floor", floor)
    top = warmup_fraction * total

    def factor(step: int) -> float:
        if step < top:
            return _glide(start, 1.0, step / top)
        return _glide(1.0, floor, (step - top) / max(total - top, 1))

    return factor


def range_test(total: int, *, low: float = 1e-4, high: float = 10.0) -> Schedule:
    """Exponential growth from `low` at the first step to `high` at the last, to see where training starts and breaks.

    f(t) = low (high / low)^(t / (total - 1)).
    Raises UserError unless 0 < low <= high, and high is finite.
    Source: Smith (2017), Cyclical learning rates, section 3.3, who grows linearly.
    """
    if not 0 < low <= high < inf:
        raise UserError(f"The range test grows from low to high, both above 0, got {low} and {high}.")
    return lambda step: low * (high / low) ** (step / max(total - 1, 1))


class Plateau:
    """Down by one factor whenever a measurement, smaller being better, has not improved for a while.

    It is called like the other schedules, but what it gives depends on the values shown to `observe`: f is multiplied
    by `factor`, though not below `floor`, at the first value after more than `patience` in a row that were not below
    best - threshold |best|. For `cooldown` values after a fall none counts as bad.
    Raises UserError unless the factor is in [0, 1) and the floor in [0, 1], and for any of the rest below 0.
    Source: He et al. (2016), ResNet, section 3.4: "divided by 10 when the error plateaus".
    """

    def __init__(
        self,
        total: int,
        *,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        floor: float = 0.0,
    ):
        if not (0 <= factor < 1 and 0 <= floor <= 1):
            raise UserError(
                f"On a plateau the rate falls by a factor below 1 to a floor in [0, 1], got {factor}, {floor}."
            )
        if not (patience >= 0 and cooldown >= 0 and 0 <= threshold < inf):
            raise UserError(
                "On a plateau patience, threshold and cooldown are 0 or more, "
                f"got {patience}, {threshold} and {cooldown}."
            )
        self.factor, self.patience, self.threshold = factor, patience, threshold
        self.cooldown, self.floor = cooldown, floor
        self.scale = 1.0  # f now
        self.best: float | None = None
        self.bad = 0  # values in a row without improvement
        self.resting = 0  # values left of the cooldown

    def __call__(self, step: int) -> float:
        """The factor of the base rate now, whatever the step."""
        return self.scale

    def observe(self, value: float) -> None:
        """Take in a new measurement, such as the validation loss; a NaN is no improvement."""
        if value < (inf if self.best is None else self.best - self.threshold * abs(self.best)):
            self.best, self.bad = value, 0
        else:
            self.bad += 1
        if self.resting:
            self.resting, self.bad = self.resting - 1, 0
        if self.bad > self.patience:
            self.scale = max(self.scale * self.factor, self.floor)
            self.resting, self.bad = self.cooldown, 0

    def state_dict(self) -> dict[str, Any]:
        """What changes along the run, as plain numbers."""
        return {"scale": self.scale, "best": self.best, "bad": self.bad, "resting": self.resting}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where `state_dict` was taken."""
        self.scale, self.best = state["scale"], state["best"]
        self.bad, self.resting = state["bad"], state["resting"]


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "linear": linear,
    "cosine": cosine,
    "inverse-sqrt": inverse_sqrt,
    "one-cycle": one_cycle,
    "range": range_test,
    "plateau": Plateau,
}
