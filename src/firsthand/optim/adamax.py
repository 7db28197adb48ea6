"""AdaMax: Adam with the largest recent gradient in place of the root of the mean square."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from firsthand.optim.rule import Many, Params, Rule


class Adamax(Rule):
    """Step along a running mean of the gradient g over a fading maximum of its size; no step is longer than lr.

        m <- b1 m + (1 - b1) g        u <- max(b2 u, |g| + eps)
        w <- w - lr / (1 - b1^t) m / u

    t counts the steps of each parameter. `weight_decay` adds weight_decay w to g.
    Raises UserError for a negative option, or a beta outside [0, 1).
    Source: Kingma & Ba (2015), algorithm 2, which has no eps and divides 0 by 0 where no gradient ever came.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        **shared: Any,
    ):
        super().__init__(params, shared, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def memory(self, group: dict) -> Mapping[str, float | int]:
        return {"exp_avg": 0, "exp_inf": 0}

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        means, largest = memory
        beta1, beta2 = group["betas"]
        if group["weight_decay"]:
            grads = torch._foreach_add(grads, params, alpha=group["weight_decay"])
        torch._foreach_lerp_(means, grads, 1 - beta1)
        sizes = torch._foreach_abs(grads)
        torch._foreach_add_(sizes, group["eps"])
        torch._foreach_mul_(largest, beta2)
        torch._foreach_maximum_(largest, sizes)
        torch._foreach_addcdiv_(params, means, largest, -group["lr"] / (1 - beta1**t))
