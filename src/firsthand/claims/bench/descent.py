"""Steps of a rule as the experiments take them: down a loss, or along gradients that they make themselves."""

from collections.abc import Callable, Iterator

from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand import optim


def descend(rule: optim.Rule, network: Module, loss: Tensor, clip: float | None = 1.0) -> None:
    """Back-propagate the loss, cut the gradient's norm at `clip`, and let the rule move the weights."""
    rule.zero_grad()
    loss.backward()
    if clip is not None:
        optim.clip_by_norm(network.parameters(), clip)
    rule.step()


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
