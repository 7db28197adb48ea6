"""RMSprop: every parameter's step is divided by the recent size of its gradient."""

import torch
from torch import Tensor

from firsthand.optim.rule import Rule


class RMSprop(Rule):
    """Divide the gradient g by the root of a running mean of its square.

        s <- alpha s + (1 - alpha) g^2        u = g / (sqrt(s) + eps)        w <- w - lr u

    `centered` subtracts the square of a running mean of g from s: a variance. `momentum` > 0 steps along
    v <- momentum v + u instead of u. `weight_decay` adds weight_decay w to g.
    Raises UserError for a negative option.
    Source: Tieleman & Hinton (2012), Coursera lecture 6.5; centred: Graves (2013), equations 38 to 41 (eps elsewhere).
    """

    def __init__(
        self,
        params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        momentum: float = 0,
        centered: bool = False,
        weight_decay: float = 0,
    ):
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps, momentum=momentum, centered=centered, weight_decay=weight_decay
        )

    def update(self, group: dict, params: list[Tensor], grads: list[Tensor]) -> None:
        alpha = group["alpha"]
        if group["weight_decay"]:
            grads = torch._foreach_add(grads, params, alpha=group["weight_decay"])
        steps, squares = self.memory(params, "step", "square_avg")
        torch._foreach_add_(steps, 1)
        torch._foreach_mul_(squares, alpha)
        torch._foreach_addcmul_(squares, grads, grads, 1 - alpha)
        if group["centered"]:
            (means,) = self.memory(params, "grad_avg")
            torch._foreach_lerp_(means, grads, 1 - alpha)
            squares = torch._foreach_addcmul(squares, means, means, -1)
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, group["eps"])
        if group["momentum"]:
            (velocities,) = self.memory(params, "momentum_buffer")
            torch._foreach_mul_(velocities, group["momentum"])
            torch._foreach_addcdiv_(velocities, grads, roots)
            torch._foreach_add_(params, velocities, alpha=-group["lr"])
        else:
            torch._foreach_addcdiv_(params, grads, roots, -group["lr"])
