"""What one neuron can store, in closed form: its attractors, how fast they contract, and what noise they bear."""

from math import atanh, sqrt, tanh

from firsthand.errors import UserError


def attractor(w: float) -> float:
    """The positive fixed point of x = tanh(w x); -x is another. Raises UserError for w <= 1, where 0 is the only one.

    By Newton's rule from x = 1: x - tanh(w x) is convex for x > 0, so that no step leads beyond the solution.
    """
    _check(w)
    x = 1.0
    for _ in range(100):
        t = tanh(w * x)
        x -= (x - t) / (1 - w * (1 - t * t))
    return x


def multiplier(w: float) -> float:
    """mu = w (1 - x^2) at the attractor: by what a gradient is multiplied at every step that the bit is kept."""
    return w * (1 - attractor(w) ** 2)


def threshold(w: float) -> float:
    """h*: no input that stays below it in size ever flips the bit, and a constant one above it does.

    At h* an attractor meets the unstable fixed point, w (1 - x^2) = 1: with x = sqrt(1 - 1/w), h* = w x - artanh x.
    """
    _check(w)
    x = sqrt(1 - 1 / w)
    return w * x - atanh(x)


def _check(w: float) -> None:
    if not w > 1:
        raise UserError(f"A neuron stores a bit only with a weight w above 1, got {w}.")
