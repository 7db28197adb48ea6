"""Adam without its bias correction, and the arms that compare the two."""

from collections.abc import Callable, Sequence

import torch

from firsthand.claims import Arm, Outcome
from firsthand.optim import Adam
from firsthand.optim.rule import Many, Rule

Betas = tuple[float, float]


class Uncorrected(Rule):
    """Adam without the correction: its running means start at 0 and are taken as they are.

        m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2        w <- w - lr m / (sqrt(v) + eps)

    `amsgrad` divides by the root of the largest v so far.
    Source: Kingma & Ba (2015), sec. 6.4; Reddi, Kale & Kumar (2018), algorithms 1 and 2, both without correction.
    """

    counts = False

    def __init__(self, params, lr: float = 1e-3, betas=(0.9, 0.999), eps: float = 1e-8, amsgrad: bool = False):
        super().__init__(params, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad)

    def memory(self, group: dict) -> dict[str, float | int]:
        return {"exp_avg": 0, "exp_avg_sq": 0} | ({"max_exp_avg_sq": 0} if group["amsgrad"] else {})

    def update(self, group: dict, t: int, params: Many, grads: Many, means: Many, squares: Many, *more: Many) -> None:
        beta1, beta2 = group["betas"]
        torch._foreach_lerp_(means, grads, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, grads, grads, 1 - beta2)
        if group["amsgrad"]:
            (largest,) = more
            torch._foreach_maximum_(largest, squares)
            squares = largest
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, group["eps"])
        torch._foreach_addcdiv_(params, means, roots, -group["lr"])


def rule(corrected: bool) -> type[Rule]:
    """Adam as published, or the rule without its correction."""
    return Adam if corrected else Uncorrected


def arms(experiment: Callable[..., Outcome], betas: Sequence[Betas], corrected: bool) -> dict[Betas, Arm]:
    """An arm for each pair of betas."""
    return {
        (beta1, beta2): Arm(
            f"({beta1:g}, {beta2:g}) {'corrected' if corrected else 'uncorrected'}",
            experiment=experiment,
            overrides={"beta1": beta1, "beta2": beta2, "corrected": corrected},
        )
        for beta1, beta2 in betas
    }
