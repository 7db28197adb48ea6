"""RMSprop: every parameter's step is divided by the recent size of its gradient."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from firsthand.errors import UserError
from firsthand.optim.rule import Many, Params, Rule


class RMSprop(Rule):
    """Divide the gradient g by the root of a running mean of its square.

        s <- alpha s + (1 - alpha) g^2        u = g / (sqrt(s) + eps)        w <- w - lr u

    `centered` subtracts the square of a running mean of g from s: a variance, which rounding may not take below 0.
    `momentum` > 0 steps along v <- momentum v + u instead of u. `weight_decay` adds weight_decay w to g.
    Raises UserError for a negative option, or an alpha above 1.
    Source: Tieleman & Hinton (2012), Coursera lecture 6.5; centred: Graves (2013), equations 38 to 41 (eps elsewhere).
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        **shared: Any,
    ):
        options = {"eps": eps, "weight_decay": weight_decay, "momentum": momentum, "centered": centered}
        super().__init__(params, shared, lr=lr, alpha=alpha, **options)

    def check(self, options: dict) -> None:
        """Raise UserError for an alpha above 1, and for what no rule takes."""
        super().check(options)
        if options["alpha"] > 1:
            raise UserError(f"RMSprop needs alpha of at most 1, got {options['alpha']}.")

    def memory(self, group: dict) -> Mapping[str, float | int]:
        means = {"grad_avg": 0} if group["centered"] else {}
        return {"square_avg": 0} | means | ({"momentum_buffer": 0} if group["momentum"] else {})

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        squares, *more = memory
        alpha = group["alpha"]
        if group["weight_decay"]:
            grads = torch._foreach_add(grads, params, alpha=group["weight_decay"])
        torch._foreach_mul_(squares, alpha)
        torch._foreach_addcmul_(squares, grads, grads, 1 - alpha)
        if group["centered"]:
            means = more[0]
            torch._foreach_lerp_(means, grads, 1 - alpha)
            roots = torch._foreach_addcmul(squares, means, means, -1)
            torch._foreach_clamp_min_(roots, 0)  # the variance of a gradient that stays comes out as about -1e-8
            torch._foreach_sqrt_(roots)
        else:
            roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, group["eps"])
        if group["momentum"]:
            velocities = more[-1]
            torch._foreach_mul_(velocities, group["momentum"])
            torch._foreach_addcdiv_(velocities, grads, roots)
            torch._foreach_add_(params, velocities, alpha=-group["lr"])
        else:
            torch._foreach_addcdiv_(params, grads, roots, -group["lr"])
