"""Adam: momentum and RMSprop together, both corrected for starting at zero."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

import torch
from torch import Tensor

from firsthand.errors import UserError
from firsthand.optim.rule import Many, Params, Rule


class Adam(Rule):
    """Step along a running mean of the gradient g over the root of a running mean of its square.

        m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
        w <- w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

    t counts the steps of each parameter. `weight_decay` adds weight_decay w to g. `amsgrad` puts the largest v so far
    in place of v in the step.
    Raises UserError for a negative option, or a beta outside [0, 1).
    Source: Kingma & Ba (2015), algorithm 1; amsgrad: Reddi, Kale & Kumar (2018), algorithm 2, who do not correct.
    """

    decoupled = False

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        **shared: Any,
    ):
        options = {"betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        super().__init__(params, shared, lr=lr, **options, decoupled_weight_decay=self.decoupled)

    def check(self, options: dict) -> None:
        """Raise UserError for decay of the other kind, and for what no rule takes."""
        super().check(options)
        if (decoupled := options["decoupled_weight_decay"]) != self.decoupled:
            other = "AdamW" if decoupled else "Adam"
            raise UserError(
                f"With decoupled_weight_decay={decoupled} the rule is {other}, not {type(self).__name__}: use {other}."
            )

    def memory(self, group: dict) -> Mapping[str, float | int]:
        return {"exp_avg": 0, "exp_avg_sq": 0} | ({"max_exp_avg_sq": 0} if group["amsgrad"] else {})

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        means, squares, *more = memory
        lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
        if decay and self.decoupled:
            torch._foreach_mul_(params, 1 - lr * decay)
        elif decay:
            grads = torch._foreach_add(grads, params, alpha=decay)
        torch._foreach_lerp_(means, grads, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, grads, grads, 1 - beta2)
        if group["amsgrad"]:
            (largest,) = more
            torch._foreach_maximum_(largest, squares)
            squares = largest
        # The order of section 2's last paragraph: with r = sqrt(1 - b2^t) the step is lr r / (1 - b1^t) times
        # m / (sqrt(v) + eps r), which spares a pass over all parameters.
        r = sqrt(1 - beta2**t)
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, group["eps"] * r)
        torch._foreach_addcdiv_(params, means, roots, -lr * r / (1 - beta1**t))


class AdamW(Adam):
    """Adam whose weight decay stays out of g: before the step, w <- w - lr weight_decay w.

    Source: Loshchilov & Hutter (2019), algorithm 2, with their schedule multiplier inside lr.
    """

    decoupled = True

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        **shared: Any,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, **shared)
