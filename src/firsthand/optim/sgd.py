"""Stochastic gradient descent, with momentum."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from firsthand.errors import UserError
from firsthand.optim.rule import Many, Params, Rule


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
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        **shared: Any,
    ):
        options = {"dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, shared, lr=lr, momentum=momentum, **options)

    def check(self, options: dict) -> None:
        """Raise UserError for options that need a momentum or shut each other out, and for what no rule takes."""
        super().check(options)
        if options["momentum"] == 0 and (options["nesterov"] or options["dampening"]):
            raise UserError("Nesterov's step and dampening need a momentum above 0.")
        if options["nesterov"] and options["dampening"] != 0:
            raise UserError(f"Nesterov's step takes no dampening, got {options['dampening']}: set it to 0.")

    def memory(self, group: dict) -> Mapping[str, float | int]:
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
