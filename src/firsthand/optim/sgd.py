"""Stochastic gradient descent, with momentum."""

import torch

from firsthand.errors import UserError
from firsthand.optim.rule import Many, Rule


class SGD(Rule):
    """Step against the gradient g, or against a velocity v that remembers past gradients (the heavy ball).

        v <- momentum v + (1 - dampening) g        w <- w - lr v        (with nesterov: w <- w - lr (g + momentum v))

    v starts as the first g, which is not dampened. `weight_decay` adds weight_decay w to g.
    Raises UserError for a negative option, dampening or nesterov without momentum, or both of them.
    Source: Polyak (1964); Sutskever et al. (2013), section 2, with lr outside the velocity.
    """

    counts = False

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        nesterov: bool = False,
        weight_decay: float = 0,
    ):
        if nesterov and momentum == 0:
            raise UserError("Nesterov's step needs a momentum above 0.")
        if nesterov and dampening != 0:
            raise UserError(f"Nesterov's step takes no dampening, got {dampening}: set it to 0.")
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening, nesterov=nesterov, weight_decay=weight_decay
        )

    def memory(self, group: dict) -> dict[str, float | int]:
        return {"momentum_buffer": 0} if group["momentum"] else {}

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        lr, momentum = group["lr"], group["momentum"]
        if group["weight_decay"]:
            grads = torch._foreach_add(grads, params, alpha=group["weight_decay"])
        if momentum:
            (velocities,) = memory
            torch._foreach_mul_(velocities, momentum)
            torch._foreach_add_(velocities, grads, alpha=1 if t == 1 else 1 - group["dampening"])
        if momentum and group["nesterov"]:
            torch._foreach_add_(params, grads, alpha=-lr)
            torch._foreach_add_(params, velocities, alpha=-lr * momentum)
        else:
            torch._foreach_add_(params, velocities if momentum else grads, alpha=-lr)
