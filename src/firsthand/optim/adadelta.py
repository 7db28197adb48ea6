"""Adadelta: AdaGrad with a short memory, whose steps have the units of the parameters."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from firsthand.errors import UserError
from firsthand.optim.rule import Many, Params, Rule


class Adadelta(Rule):
    """Scale the gradient g by the recent size of the steps over the recent size of the gradients.

        s <- rho s + (1 - rho) g^2        d = sqrt(a + eps) / sqrt(s + eps) g
        a <- rho a + (1 - rho) d^2        w <- w - lr d

    lr is 1 in the paper, and a counts steps before lr scales them. `weight_decay` adds weight_decay w to g.
    Raises UserError for a negative option, or a rho above 1.
    Source: Zeiler (2012), algorithm 1.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        **shared: Any,
    ):
        super().__init__(params, shared, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)

    def check(self, options: dict) -> None:
        """Raise UserError for a rho above 1, and for what no rule takes."""
        super().check(options)
        if options["rho"] > 1:
            raise UserError(f"Adadelta needs rho of at most 1, got {options['rho']}.")

    def memory(self, group: dict) -> Mapping[str, float | int]:
        return {"square_avg": 0, "acc_delta": 0}

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        squares, moves = memory
        rho, eps = group["rho"], group["eps"]
        if group["weight_decay"]:
            grads = torch._foreach_add(grads, params, alpha=group["weight_decay"])
        torch._foreach_mul_(squares, rho)
        torch._foreach_addcmul_(squares, grads, grads, 1 - rho)
        roots = torch._foreach_add(squares, eps)
        torch._foreach_sqrt_(roots)
        deltas = torch._foreach_add(moves, eps)
        torch._foreach_sqrt_(deltas)
        torch._foreach_div_(deltas, roots)
        torch._foreach_mul_(deltas, grads)
        torch._foreach_mul_(moves, rho)
        torch._foreach_addcmul_(moves, deltas, deltas, 1 - rho)
        torch._foreach_add_(params, deltas, alpha=-group["lr"])
