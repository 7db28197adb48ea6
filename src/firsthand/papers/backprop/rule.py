"""The paper's update: a velocity made of past steps, and weights that shrink a little after each of them."""

import torch

from firsthand.optim.rule import Many, Rule


class Descent(Rule):
    """Change every weight against the gradient, and by a share of its last change (equations 8 and 9).

        dw(t) = -lr dE/dw(t) + momentum dw(t - 1)        w <- (1 - shrink) (w + dw(t))

    What is remembered is a step, with its lr in it; SGD in torch.optim remembers gradients and multiplies them by
    today's lr, which is the same until lr changes. The shrinking is no part of dw and does not depend on lr; biases
    shrink too, they are weights like any other. `first_momentum` is in force for the first `switch` steps (None:
    momentum). Raises UserError for a negative option. Source: equations 8 and 9; caption of Figure 4.
    """

    def __init__(
        self,
        params,
        lr: float = 0.1,
        momentum: float = 0.9,
        first_momentum: float | None = None,
        switch: int = 20,
        shrink: float = 0.0,
    ):
        super().__init__(params, lr=lr, momentum=momentum, first_momentum=first_momentum, switch=switch, shrink=shrink)

    def memory(self, group: dict) -> dict[str, float]:
        return {"change": 0.0}

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        (changes,) = memory
        early = t <= group["switch"] and group["first_momentum"] is not None
        torch._foreach_mul_(changes, group["first_momentum"] if early else group["momentum"])
        torch._foreach_add_(changes, grads, alpha=-group["lr"])
        torch._foreach_add_(params, changes)
        if group["shrink"]:
            torch._foreach_mul_(params, 1 - group["shrink"])
