"""Every update rule, with every option, against torch.optim: the weights and the state after 200 steps.

Each step has its own bowl, its centre drawn at random, so gradients never die away and every step counts. How far the
two paths may lie apart in float64, float32 and bfloat16, and why on any machine, says `firsthand.check.rounding`.
bfloat16 has fewer than three digits and takes only 10 steps: after 200 nothing but noise would be left to compare.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from firsthand.check.rounding import EXACT, OPERATION, Draw, Row, allowed, apart, draws, moved
from firsthand.optim import RULES

STEPS = {torch.float64: 200, torch.float32: 200, torch.bfloat16: 10}
SHAPES = [(5, 3), (7,), (2, 3, 5), ()]
WITHOUT = (0, 7, 8)  # steps at which the second parameter has no gradient
REFERENCES: dict[str, type[Optimizer]] = {name: getattr(torch.optim, rule.__name__) for name, rule in RULES.items()}

CASES: dict[str, list[dict[str, Any]]] = {
    "sgd": [
        {"lr": 0.05},
        {"lr": 0.01, "weight_decay": 0.1, "maximize": True},
        {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1},
        {"lr": 0.02, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.9},
    ],
    "adagrad": [
        {},
        {"lr": 0.3, "lr_decay": 0.01},
        {"lr": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3, "maximize": True},
    ],
    "adadelta": [{}, {"lr": 0.5, "rho": 0.95, "eps": 1e-4, "weight_decay": 0.1, "maximize": True}],
    "rmsprop": [
        {},
        {"lr": 1e-3, "momentum": 0.7},
        {"lr": 1e-3, "alpha": 0.9, "eps": 1e-4, "centered": True},
        {"lr": 1e-3, "momentum": 0.7, "centered": True, "weight_decay": 0.1, "maximize": True},
    ],
    "adam": [
        {"lr": 0.01},
        {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
        {"lr": 0.01, "betas": (0.8, 0.95), "amsgrad": True},
        {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1, "maximize": True},
    ],
    "adamw": [
        {"lr": 0.01},
        {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.5, "maximize": True},
        {"lr": 0.01, "betas": (0.8, 0.95), "amsgrad": True},
    ],
    "adamax": [{}, {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1, "maximize": True}],
}


def check_rules(report: Callable[[str], object] = str) -> list[Row]:
    """Compare every rule, with every set of options, with torch.optim in float64, float32 and bfloat16.

    `report` gets the name of each rule before its turn.
    """
    rows: list[Row] = []
    for name, sets in CASES.items():
        report(name)
        rows += [row for options in sets for row in compare_rule(name, options)]
    return rows


def compare_rule(name: str, options: dict[str, Any]) -> Iterator[Row]:
    """The rows for one rule and one set of options."""
    variant = ", ".join(f"{option}={value}" for option, value in options.items()) or "defaults"
    truths = {steps: trajectory(REFERENCES[name], options, steps) for steps in set(STEPS.values())}
    for dtype, steps in STEPS.items():
        ours, truth = trajectory(RULES[name], options, steps, dtype), truths[steps]
        moves = [] if dtype == torch.float64 else draws()
        paths = [trajectory(REFERENCES[name], options, steps, dtype, draw) for draw in moves]
        for what in (what for what in truth if ours[what] or truth[what]):  # plain SGD remembers nothing
            bound = (
                allowed((distance(path[what], truth[what]) for path in paths), dtype, OPERATION[dtype])
                if paths
                else EXACT
            )
            precision = str(dtype).removeprefix("torch.")
            yield Row(name, variant, precision, f"{what} after {steps} steps", distance(ours[what], truth[what]), bound)


def distance(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> float:
    """How far `apart` the tensors are; infinitely far if their names differ."""
    same = ours.keys() == theirs.keys()
    return apart([ours[name] for name in theirs], list(theirs.values())) if same else float("inf")


def trajectory(
    make: Callable[..., Optimizer],
    options: dict[str, Any],
    steps: int,
    dtype: torch.dtype = torch.float64,
    draw: Draw | None = None,
) -> dict[str, dict[str, Tensor]]:
    """The named weights and the named state after so many steps; with a draw the weights are `moved` before each."""
    params = start(dtype)
    optimizer = make(groups(params), **options)
    for step in range(steps):
        if draw is not None:
            with torch.no_grad():
                for p in params:
                    p.copy_(moved(p, draw, OPERATION[dtype]))
        stride(optimizer, params, range(step, step + 1))
    weights = {str(index): p.detach() for index, p in enumerate(params)}
    state = {
        f"{index}.{name}": value
        for index, slots in optimizer.state_dict()["state"].items()
        for name, value in slots.items()
        if isinstance(value, Tensor)
    }
    return {"weights": weights, "state": state}


def start(dtype: torch.dtype = torch.float64) -> list[Parameter]:
    """Where every path begins."""
    return [Parameter(p.to(dtype, copy=True)) for p in _normals(seed=0)]


def groups(params: list[Parameter]) -> list[dict[str, Any]]:
    """Two groups, the second with a learning rate of its own."""
    return [{"params": params[:2]}, {"params": params[2:], "lr": 0.003}]


def stride(optimizer: Optimizer, params: list[Parameter], steps: range) -> None:
    """Run these steps: the gradient of step t is w - c_t, with c_t standard normal."""
    for step in steps:
        for p, centre in zip(params, _normals(seed=step + 1), strict=True):
            p.grad = p.detach() - centre.to(p.dtype)
        if step in WITHOUT:
            params[1].grad = None
        optimizer.step()


@cache
def _normals(seed: int) -> tuple[Tensor, ...]:
    generator = Generator().manual_seed(seed)
    return tuple(torch.randn(shape, generator=generator, dtype=torch.float64) for shape in SHAPES)
