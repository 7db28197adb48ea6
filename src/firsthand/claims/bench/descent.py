"""A seed, and steps of a rule as experiments take them: down a loss, or along gradients that they make themselves."""

from collections.abc import Callable, Iterator

import torch
from torch import Generator, Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand import optim


def seeded(seed: int) -> Generator:
    """A generator for the data; torch's own, from which first weights are drawn, begins at the same seed."""
    torch.manual_seed(seed)
    return Generator().manual_seed(seed)


def descend(rule: optim.Rule, network: Module, loss: Tensor, clip: float | None = 1.0) -> float | None:
    """Back-propagate the loss, cut the gradient's norm at `clip`, and let the rule step; returns the norm before."""
    rule.zero_grad()
    loss.backward()
    norm = None if clip is None else optim.clip_by_norm(network.parameters(), clip).item()
    rule.step()
    return norm


def visited(
    rule: Callable[[list[Tensor]], Optimizer], start: Tensor, slope: Callable[[int, Tensor], Tensor], steps: int
) -> Iterator[Tensor]:
    """Where the rule stands before the first step and after each, in float64; `slope(step, place)` is the gradient."""
    place = start.double().clone().requires_grad_()
    optimizer = rule([place])
    for step in range(steps):
        yield place.detach().clone()
        place.grad = slope(step, place.detach())
        optimizer.step()
    yield place.detach().clone()
