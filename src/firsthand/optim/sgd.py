"""Stochastic gradient descent, with momentum."""

import torch
from torch import Tensor

from firsthand.errors import UserError
from firsthand.optim.rule import Rule


class SGD(Rule):
    """Step against the gradient g, or against a velocity v that remembers past gradients.

        v <- momentum v + g        w <- w - lr v        (with nesterov: w <- w - lr (g + momentum v))

    `weight_decay` adds weight_decay w to g.
    Raises UserError for a negative option, or nesterov without momentum.
    Source: Polyak (1964); Sutskever et al. (2013), section 2, with lr outside the velocity.
    """

    def __init__(self, params, lr: float = 1e-3, momentum: float = 0, nesterov: bool = False, weight_decay: float = 0):
        if nesterov and momentum == 0:
            raise UserError("Nesterov's step needs a momentum above 0.")
        super().__init__(params, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)

    def update(self, group: dict, params: list[Tensor], grads: list[Tensor]) -> None:
        lr, momentum = group["lr"], group["momentum"]
        if group["weight_decay"]:
            grads = torch._foreach_add(grads, params, alpha=group["weight_decay"])
        if momentum:
            (velocities,) = self.memory(params, "momentum_buffer")
            torch._foreach_mul_(velocities, momentum)
            torch._foreach_add_(velocities, grads)
        if momentum and group["nesterov"]:
            torch._foreach_add_(params, grads, alpha=-lr)
            torch._foreach_add_(params, velocities, alpha=-lr * momentum)
        else:
            torch._foreach_add_(params, velocities if momentum else grads, alpha=-lr)
