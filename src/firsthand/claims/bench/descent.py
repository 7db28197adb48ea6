"""One step down the gradient, as the experiments take it."""

from torch import Tensor
from torch.nn import Module

from firsthand import optim


def descend(rule: optim.Rule, network: Module, loss: Tensor, clip: float | None = 1.0) -> None:
    """Back-propagate the loss, cut the gradient's norm at `clip`, and let the rule move the weights."""
    rule.zero_grad()
    loss.backward()
    if clip is not None:
        optim.clip_by_norm(network.parameters(), clip)
    rule.step()
