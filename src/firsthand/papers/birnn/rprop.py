"""RPROP, resilient propagation: a step of its own for every weight, of which the gradient only gives the sign."""

import torch

from firsthand.optim.rule import Many, Rule


class Rprop(Rule):
    """w <- w - sign(g) s, with a step s that starts at `lr`, grows while g keeps its sign and shrinks when g turns.

        g g_before > 0:  s <- min(1.2 s, 50)         g g_before < 0:  s <- max(0.5 s, 1e-6), and g counts as 0

    For gradients over all the data: with batches the signs are noise. The paper's is "a modified version" with
    constants that it does not give; these are the usual ones. Raises UserError for a negative option.
    Source: Riedmiller & Braun (1993), without the step back.
    """

    def __init__(self, params, lr: float = 0.01):
        super().__init__(params, lr=lr)

    def memory(self, group: dict) -> dict[str, float | int]:
        return {"prev": 0, "step_size": group["lr"]}

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        for p, g, before, step in zip(params, grads, *memory, strict=True):
            turned = g * before
            factor = torch.ones_like(g).masked_fill_(turned > 0, 1.2).masked_fill_(turned < 0, 0.5)
            step.mul_(factor).clamp_(1e-6, 50)
            before.copy_(g.masked_fill(turned < 0, 0))
            p.addcmul_(before.sign(), step, value=-1)
