"""The best constants of each rule for a quadratic, and the rate of convergence that they promise."""

from math import sqrt
from typing import Literal

Method = Literal["gradient", "heavy-ball", "nesterov", "nesterov-best"]


def tuned(method: Method, kappa: int | float) -> tuple[dict[str, float | bool], float]:
    """The best constants for curvatures from 1 to kappa: options of SGD, and the factor per step that they promise.

    Sources: Polyak (1964) for the heavy ball; Nesterov (2018), sec. 2.2, for his; Lessard, Recht & Packard (2016),
    table 1, for what is best on quadratics.
    """
    root, wide = sqrt(kappa), sqrt(3 * kappa + 1)
    if method == "gradient":
        return {"lr": 2 / (1 + kappa)}, (kappa - 1) / (kappa + 1)
    if method == "heavy-ball":
        return {"lr": (2 / (1 + root)) ** 2, "momentum": ((root - 1) / (root + 1)) ** 2}, (root - 1) / (root + 1)
    if method == "nesterov":
        return {"lr": 1 / kappa, "momentum": (root - 1) / (root + 1), "nesterov": True}, 1 - 1 / root
    return {"lr": 4 / (3 * kappa + 1), "momentum": (wide - 2) / (wide + 2), "nesterov": True}, 1 - 2 / wide
