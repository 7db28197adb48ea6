"""Many runs at once: every weight has a first axis for the run, and one sweep of the tape serves all of them."""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from firsthand.claims import Outcome
from firsthand.papers.backprop.model import Plan, activities, error
from firsthand.papers.backprop.rule import Descent
from firsthand.papers.backprop.tape import Node


def first_weights(plan: Plan, runs: int, init: float, generator: Generator) -> list[Tensor]:
    """Weights (runs, units, below) and biases (runs, 1, units) of every layer in turn, uniform in ±init."""
    shapes = [shape for name, (units, _) in plan.layers.items()
              for shape in ((runs, units, plan.fan_in(name)), (runs, 1, units))]  # fmt: skip
    return [(torch.rand(shape, generator=generator) * 2 - 1) * init for shape in shapes]


def descend(
    plan: Plan,
    x: Float[Tensor, "*runs cases inputs"],
    d: Float[Tensor, "*runs cases outputs"],
    weights: list[Tensor],
    sweeps: int,
    rates: Callable[[int], float] | float,
    counts: Callable[[Tensor], Tensor] | float = 1.0,
    **options: Any,
) -> Iterator[tuple[int, Float[Tensor, "runs cases outputs"]]]:
    """Change the weights in place, once a sweep, by the whole gradient: yields the number of changes made so far and
    the outputs y, before each change and at the end.

    x and d may have the runs' axis, or be the same for all runs. `rates` is the learning rate, or gives that of each
    sweep; `counts` turns y into what each error counts (1 or 0). `options` are those of `Descent`.
    """
    x = x.expand(len(weights[0]), *x.shape[-2:])
    rule = Descent(weights, **options)
    for number in range(sweeps + 1):
        nodes = [Node(w) for w in weights]
        y = activities(plan, x, nodes)[plan.top]
        yield number, y.value
        if number == sweeps:
            return
        error(y, d, counts(y.value) if callable(counts) else counts).sum().backward()
        for w, node in zip(weights, nodes, strict=True):
            w.grad = node.gradient
        rule.param_groups[0]["lr"] = rates(number) if callable(rates) else rates
        rule.step()


def without_hidden(plan: Plan) -> Plan:
    """The outputs see the inputs, and nothing is in between."""
    return Plan(plan.inputs, {plan.top: (plan.layers[plan.top][0], tuple(plan.inputs))})


def note(sweeps: Int[Tensor, " runs"], number: int, done: Bool[Tensor, " runs"]) -> Bool[Tensor, " runs"]:
    """Take down the number of a sweep for runs that are done and were not before (-1); returns which ones."""
    new = done & (sweeps < 0)
    sweeps[new] = number
    return new


def solved(sweeps: Int[Tensor, " runs"]) -> Outcome:
    """The share of the runs that solve their problem, their median sweep and all of their sweeps, in order."""
    numbers = sorted(sweeps[sweeps >= 0].tolist())
    middle = float(median(numbers)) if numbers else None
    return {"solved": len(numbers) / len(sweeps), "sweeps": middle, "all sweeps": numbers, "runs": len(sweeps)}
