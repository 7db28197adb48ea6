"""Momentum that rises while training goes on, and falls for the last updates.

    mu_t = min(1 - 2^(-1 - log2(floor(t / 250) + 1)), mu_max) = min(1 - 1 / (2 (floor(t / 250) + 1)), mu_max)

0.5, 0.75, 0.833, 0.875, ...: Nesterov's 1 - 3 / (t + 5) in slow motion. While gradients are large and new, inertia
hurts; once only the flat directions are left, it is what gets anywhere. In the last updates mu is at most 0.9, so that
the steep directions, which a high mu keeps bouncing, come to rest. Source: sec. 3, eq. 5.
"""

from collections.abc import Callable

from torch import Tensor

from firsthand.errors import UserError
from firsthand.optim import SGD

LAST = 0.9  # momentum of the last updates


def momentum(t: int, most: float, every: int = 250, settle: int | None = None) -> float:
    """mu_t of update t, 0 the first; from update `settle` on at most 0.9."""
    mu = min(1 - 1 / (2 * (t // every + 1)), most)
    return min(mu, LAST) if settle is not None and t >= settle else mu


class RisingSGD(SGD):
    """`SGD` whose momentum follows `momentum(t)` up to its option `momentum`; each group counts its updates in "t".

    At a change of mu the stored look-ahead point is theta + mu_t v, that of the paper theta + mu_(t+1) v: a difference
    for one update.
    """

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        momentum: float = 0,
        nesterov: bool = False,
        every: int = 250,
        settle: int | None = None,
    ):
        if not momentum < 1:
            raise UserError(f"optim.momentum is {momentum}, expected 0 <= momentum < 1.")
        super().__init__(params, lr=lr, momentum=momentum, nesterov=nesterov and momentum > 0)
        self.most, self.every, self.settle = momentum, every, settle
        self.defaults["t"] = 0
        for group in self.param_groups:
            group["t"] = 0

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Set the momentum of this update, and take it."""
        for group in self.param_groups:
            group["momentum"] = momentum(group["t"], self.most, self.every, self.settle)
            group["t"] += 1
        return super().step(closure)
