"""Many runs at once: every weight has a first axis for the run, and one sweep of the tape serves all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from firsthand.papers.backprop.model import Plan, activities, error
from firsthand.papers.backprop.rule import Descent
from firsthand.papers.backprop.tape import Node


@dataclass
class Sweep:
    """Where all runs stand before the change of this sweep."""

    number: int  # of changes made so far
    y: Tensor  # the outputs, (runs, cases, units)
    weights: list[Tensor]  # each layer's weights (runs, units, below) and biases (runs, 1, units) in turn


def first_weights(plan: Plan, runs: int, init: float, generator: Generator) -> list[Tensor]:
    """Weights and biases of every layer in turn, uniform in ±init, for each run."""
    weights = []
    for name, (units, _) in plan.layers.items():
        for shape in ((runs, units, plan.fan_in(name)), (runs, 1, units)):
            weights.append((torch.rand(shape, generator=generator) * 2 - 1) * init)
    return weights


def descend(
    plan: Plan,
    x: Tensor,
    d: Tensor,
    weights: list[Tensor],
    sweeps: int,
    lr: float,
    momentum: float,
    first: tuple[float, float] | None = None,
    shrink: float = 0.0,
    counts: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[Sweep]:
    """Change the weights in place, once a sweep, by the whole gradient; a `Sweep` before each change and at the end.

    x and d are (cases, units) for all runs, or have the runs' axis, too. `first` is the lr and momentum of the first
    20 sweeps. `counts` turns the outputs y into what each error counts (1 or 0); by default all do.
    """
    x = x.expand(len(weights[0]), *x.shape[-2:])
    rule = Descent(weights, lr, momentum, first_momentum=first and first[1], shrink=shrink)
    for number in range(sweeps + 1):
        nodes = [Node(w) for w in weights]
        y = activities(plan, x, nodes)[plan.top]
        yield Sweep(number, y.value, weights)
        if number == sweeps:
            return
        error(y, d, 1.0 if counts is None else counts(y.value)).sum().backward()
        for w, node in zip(weights, nodes, strict=True):
            w.grad = node.gradient
        rule.param_groups[0]["lr"] = first[0] if first and number < 20 else lr
        rule.step()


def without_hidden(plan: Plan) -> Plan:
    """The outputs see the inputs, and nothing is in between."""
    return Plan(plan.inputs, {plan.top: (plan.layers[plan.top][0], tuple(plan.inputs))})
