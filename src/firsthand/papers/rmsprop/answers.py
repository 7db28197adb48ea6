"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

from firsthand.papers.exercise import given


def rprop(w: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], size: float) -> Float[Tensor, "steps n"]:
    """The weights after each step of the rule before RMSprop, which sees only the signs of gradients."""
    sizes = torch.full_like(w, size)
    path = []
    for t, g in enumerate(slopes):
        if t > 0:
            sizes = torch.where(g * slopes[t - 1] > 0, 1.2 * sizes, 0.5 * sizes).clamp(1e-6, 50)
        w = w - sizes * g.sign()
        path.append(w)
    return torch.stack(path)


def rmsprop(
    w: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], lr: float, alpha: float, eps: float
) -> Float[Tensor, "steps n"]:
    """The weights after each step, for one gradient a step."""
    s = torch.zeros_like(w)
    path = []
    for g in slopes:
        s = alpha * s + (1 - alpha) * g**2
        w = w - lr * g / (s.sqrt() + eps)
        path.append(w)
    return torch.stack(path)


def graves(
    w: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], lr: float, alpha: float, eps: float, momentum: float
) -> Float[Tensor, "steps n"]:
    """The weights after each step of the centred rule with momentum."""
    s, m, d = torch.zeros_like(w), torch.zeros_like(w), torch.zeros_like(w)
    path = []
    for g in slopes:
        s = alpha * s + (1 - alpha) * g**2
        m = alpha * m + (1 - alpha) * g
        d = momentum * d - lr * g / (s - m**2 + eps).sqrt()
        w = w + d
        path.append(w)
    return torch.stack(path)


class RMSprop(Optimizer):
    """The rule as an optimiser of torch: `step` changes every parameter that has a gradient."""

    @given
    def __init__(
        self,
        params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        momentum: float = 0.0,
        centered: bool = False,
    ):
        options = {"alpha": alpha, "eps": eps, "momentum": momentum, "centered": centered}
        super().__init__(params, {"lr": lr, **options})

    @torch.no_grad()
    def step(self) -> None:
        """One step of every parameter with a gradient; its means and its velocity are in self.state[p]."""
        for group in self.param_groups:
            alpha = group["alpha"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update({name: torch.zeros_like(p) for name in "smv"})
                state["s"] = alpha * state["s"] + (1 - alpha) * p.grad**2
                state["m"] = alpha * state["m"] + (1 - alpha) * p.grad
                spread = state["s"] - state["m"] ** 2 if group["centered"] else state["s"]
                u = p.grad / (spread.clamp(min=0).sqrt() + group["eps"])
                state["v"] = group["momentum"] * state["v"] + u
                p -= group["lr"] * state["v"]
