"""Surfaces in the plane on which one can watch an update rule walk: a valley, the same turned, a banana, a saddle."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import hypot, isfinite, sqrt

import torch
from torch.optim import Optimizer

Rate = Callable[[int], float]


@dataclass(frozen=True)
class Surface:
    """A function of two variables with its gradient, where walks on it start, and when they have arrived."""

    name: str
    value: Callable[[float, float], float]
    slope: Callable[[float, float], tuple[float, float]]
    start: tuple[float, float]
    goal: tuple[float, float]  # its minimum, or the saddle's middle
    window: tuple[tuple[float, float], tuple[float, float]]  # what a picture shows: x from, to; y from, to
    arrived: Callable[[float, float], bool] | None = None  # None: the value is below 1e-6

    def done(self, x: float, y: float) -> bool:
        """Whether a walk that stands at (x, y) is over."""
        return self.arrived(x, y) if self.arrived else self.value(x, y) < 1e-6


def _turned(x: float, y: float) -> tuple[float, float]:
    """By 45 degrees."""
    return (x - y) / sqrt(2), (x + y) / sqrt(2)


def _turned_slope(x: float, y: float) -> tuple[float, float]:
    u, v = _turned(x, y)
    return (u + 100 * v) / sqrt(2), (100 * v - u) / sqrt(2)


def _beale(x: float, y: float) -> Iterator[tuple[float, float, float]]:
    """The three residuals of Beale's function, each with its slopes along x and y."""
    for n, constant in enumerate((1.5, 2.25, 2.625), start=1):
        yield constant - x + x * y**n, y**n - 1, n * x * y ** (n - 1)


def _beale_slope(x: float, y: float) -> tuple[float, float]:
    return sum(2 * r * dx for r, dx, _ in _beale(x, y)), sum(2 * r * dy for r, _, dy in _beale(x, y))


_ALL = (
    Surface(
        "valley",  # condition number 100, along the axes
        lambda x, y: (x * x + 100 * y * y) / 2,
        lambda x, y: (x, 100 * y),
        start=(10.0, 1.0),
        goal=(0.0, 0.0),
        window=((-4.0, 11.0), (-1.6, 1.6)),
    ),
    Surface(
        "turned valley",  # the same, by 45 degrees: what suits the axes only is lost
        lambda x, y: (_turned(x, y)[0] ** 2 + 100 * _turned(x, y)[1] ** 2) / 2,
        _turned_slope,
        start=(11 / sqrt(2), -9 / sqrt(2)),  # the point that turns to (10, 1)
        goal=(0.0, 0.0),
        window=((-3.0, 9.0), (-8.0, 3.0)),
    ),
    Surface(
        "Rosenbrock",
        lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
        lambda x, y: (-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
        start=(-1.2, 1.0),
        goal=(1.0, 1.0),
        window=((-2.0, 2.0), (-1.0, 3.0)),
    ),
    Surface(
        "Beale",
        lambda x, y: sum(r * r for r, _, _ in _beale(x, y)),
        _beale_slope,
        start=(1.0, 1.0),
        goal=(3.0, 0.5),
        window=((0.0, 4.5), (-1.0, 1.8)),
    ),
    Surface(
        "saddle",
        lambda x, y: x * x - y * y,
        lambda x, y: (2 * x, -2 * y),
        start=(1.0, 0.001),
        goal=(0.0, 0.0),
        window=((-1.2, 1.2), (-1.2, 1.2)),
        arrived=lambda x, y: abs(y) > 1,  # it has left
    ),
)
SURFACES: dict[str, Surface] = {surface.name: surface for surface in _ALL}
RATES = tuple(digit * 10.0**power for power in range(-4, 2) for digit in (1, 2, 5))[:-1]  # 0.0001, 0.0002, ... 20


def walk(
    surface: Surface, rule: Callable[..., Optimizer], lr: float, most: int = 20_000, schedule: Rate | None = None
) -> tuple[list[tuple[float, float]], bool]:
    """The places that a rule visits in float64, the start included, and whether it arrived within `most` steps.

    `rule` makes the optimiser from a list of parameters and lr; `schedule` multiplies lr at each step. The walk ends on
    arrival, and where it leaves for infinity.
    """
    place = torch.tensor(surface.start, dtype=torch.float64).requires_grad_()
    optimizer = rule([place], lr=lr)
    place.grad = torch.zeros_like(place)
    path = [surface.start]
    for step in range(most):
        if schedule is not None:
            optimizer.param_groups[0]["lr"] = lr * schedule(step)
        place.grad.copy_(torch.tensor(surface.slope(*path[-1]), dtype=torch.float64))
        optimizer.step()
        path.append(tuple(place.tolist()))
        if not hypot(*path[-1]) < 1e6 or not isfinite(surface.value(*path[-1])):
            return path, False
        if surface.done(*path[-1]):
            return path, True
    return path, False


def fastest(
    surface: Surface, rule: Callable[..., Optimizer], rates: tuple[float, ...] = RATES, most: int = 20_000
) -> tuple[float | None, list[tuple[float, float]]]:
    """The rate with which a rule arrives first, and its walk; None, and the walk that ends lowest, if it never does."""
    best, path, lowest = None, [surface.start], None
    for lr in rates:
        found, arrived = walk(surface, rule, lr, most if best is None else len(path) - 2)
        if arrived:
            best, path = lr, found
        elif best is None:
            value = surface.value(*found[-1])
            if isfinite(value) and (lowest is None or value < lowest):
                lowest, path = value, found
    return best, path


def race(
    rule: Callable[..., Optimizer], most: int = 20_000, rates: tuple[float, ...] | None = None
) -> dict[str, int | float | list[float] | None]:
    """A rule on every surface at its fastest rate: "NAME" is the steps to arrive (None: never), "NAME rate" the rate.

    "NAME x" and "NAME y" are the walk's places, thinned to about 400. `rates` are those that are tried; None: RATES,
    and on the saddle 0.01 for every rule.
    """
    found: dict[str, int | float | list[float] | None] = {}
    for name, surface in SURFACES.items():
        rate, path = fastest(surface, rule, rates or ((0.01,) if name == "saddle" else RATES), most)
        shown = [path[i] for i in thinned(len(path))]
        found |= {name: None if rate is None else len(path) - 1, f"{name} rate": rate}
        found |= {f"{name} x": [x for x, _ in shown], f"{name} y": [y for _, y in shown]}
    return found


def thinned(length: int, most: int = 400) -> list[int]:
    """At most about `most` of the places 0 .. length - 1: all of the first half of them, then evenly spaced ones."""
    half = most // 2
    return sorted({*range(min(half, length)), *range(0, length, -(-length // half)), length - 1})
