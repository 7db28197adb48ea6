"""AdaGrad: a parameter that has seen little gradient still takes long steps."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from firsthand.optim.rule import Many, Params, Rule


class Adagrad(Rule):
    """Divide the gradient g by the root of the sum of all its squares so far.

        s <- s + g^2        w <- w - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)

    s starts at `initial_accumulator_value`; t counts the steps of each parameter. `weight_decay` adds weight_decay w
    to g.
    Raises UserError for a negative option.
    Source: Duchi, Hazan & Singer (2011), figure 1, diagonal mirror descent without constraint; its delta is eps.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        **shared: Any,
    ):
        super().__init__(
            params,
            shared,
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )

    def memory(self, group: dict) -> Mapping[str, float | int]:
        return {"sum": group["initial_accumulator_value"]}

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        (sums,) = memory
        if group["weight_decay"]:
            grads = torch._foreach_add(grads, params, alpha=group["weight_decay"])
        torch._foreach_addcmul_(sums, grads, grads)
        roots = torch._foreach_sqrt(sums)
        torch._foreach_add_(roots, group["eps"])
        torch._foreach_addcdiv_(params, grads, roots, -group["lr"] / (1 + (t - 1) * group["lr_decay"]))
