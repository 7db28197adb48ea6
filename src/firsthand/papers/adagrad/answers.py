"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

from firsthand.papers.exercise import given


def adagrad(
    w: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], lr: float, eps: float
) -> Float[Tensor, "steps n"]:
    """The weights after each step, for one gradient a step."""
    total = torch.zeros_like(w)
    path = []
    for g in slopes:
        total = total + g**2
        w = w - lr * g / (total.sqrt() + eps)
        path.append(w)
    return torch.stack(path)


def full(w: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], lr: float, eps: float) -> Float[Tensor, "steps n"]:
    """The weights after each step of the rule with the full matrix."""
    total = w.new_zeros(len(w), len(w))
    path = []
    for g in slopes:
        total = total + torch.outer(g, g)
        values, vectors = torch.linalg.eigh(total)
        roots = values.clamp(min=0).sqrt() + eps
        w = w - lr * vectors @ (vectors.T @ g / roots)
        path.append(w)
    return torch.stack(path)


def hinge(
    weight: Float[Tensor, " features"],
    rows: Float[Tensor, "steps features"],
    labels: Float[Tensor, " steps"],
    lr: float,
) -> tuple[Tensor, Tensor]:
    """Learn from one example a step: the loss before each step, and the weights at the end."""
    total = torch.zeros_like(weight)
    losses = []
    for x, y in zip(rows, labels, strict=True):
        loss = (1 - y * (weight @ x)).clamp(min=0)
        losses.append(loss)
        g = -y * x * (loss > 0)
        total = total + g**2
        weight = weight - lr * g / (total.sqrt() + 1e-10)
    return torch.stack(losses), weight


class Adagrad(Optimizer):
    """The rule as an optimiser of torch: `step` changes every parameter that has a gradient."""

    @given
    def __init__(self, params, lr: float = 0.01, eps: float = 1e-10):
        super().__init__(params, {"lr": lr, "eps": eps})

    @torch.no_grad()
    def step(self) -> None:
        """One step of every parameter with a gradient; its sum of squares is in self.state[p]."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["sum"] = torch.zeros_like(p)
                state["sum"] = state["sum"] + p.grad**2
                p -= group["lr"] * p.grad / (state["sum"].sqrt() + group["eps"])
