"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

from firsthand.papers.exercise import given


def heavy_ball(
    theta: Float[Tensor, " n"], A: Float[Tensor, "n n"], b: Float[Tensor, " n"], lr: float, mu: float, steps: int
) -> Float[Tensor, "steps n"]:
    """The parameters after each step of classical momentum, equations 1 and 2."""
    v = torch.zeros_like(theta)
    path = []
    for _ in range(steps):
        v = mu * v - lr * (A @ theta - b)
        theta = theta + v
        path.append(theta)
    return torch.stack(path)


def nesterov(
    theta: Float[Tensor, " n"], A: Float[Tensor, "n n"], b: Float[Tensor, " n"], lr: float, mu: float, steps: int
) -> Float[Tensor, "steps n"]:
    """The parameters after each step of Nesterov's accelerated gradient, equations 3 and 4."""
    v = torch.zeros_like(theta)
    path = []
    for _ in range(steps):
        ahead = theta + mu * v
        v = mu * v - lr * (A @ ahead - b)
        theta = theta + v
        path.append(theta)
    return torch.stack(path)


def constants(low: float, high: float) -> tuple[float, float, float]:
    """The heavy ball's best lr and mu for curvatures from low to high, and the factor per step that they promise."""
    rate = (sqrt(high) - sqrt(low)) / (sqrt(high) + sqrt(low))
    return (2 / (sqrt(low) + sqrt(high))) ** 2, rate**2, rate


def schedule(t: Float[Tensor, "*steps"], most: float, every: int, settle: int) -> Float[Tensor, "*steps"]:
    """The momentum of update t, which counts from 0; equation 5, and at most 0.9 from update `settle` on."""
    mu = (1 - 2 ** (-1 - torch.log2(t // every + 1))).clamp(max=most)
    return torch.where(t >= settle, mu.clamp(max=0.9), mu)


class SGD(Optimizer):
    """Gradient descent with momentum as torch has it: `step` changes every parameter that has a gradient."""

    @given
    def __init__(self, params, lr: float = 1e-3, momentum: float = 0.0, nesterov: bool = False):
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})

    @torch.no_grad()
    def step(self) -> None:
        """One step of every parameter with a gradient; its velocity is in self.state[p]."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["v"] = torch.zeros_like(p)
                state["v"] = group["momentum"] * state["v"] + p.grad
                u = p.grad + group["momentum"] * state["v"] if group["nesterov"] else state["v"]
                p -= group["lr"] * u


def learn(
    x: Float[Tensor, "images pixels"],
    weights: list[Tensor],
    biases: list[Tensor],
    lr: float,
    most: float,
    every: int,
    settle: int,
    steps: int,
) -> tuple[Tensor, Tensor]:
    """Train an autoencoder: the error before each step (steps,), and what it makes of x at the end."""

    def outputs(theta: list[Tensor]) -> Tensor:
        h = x
        for W, b in zip(theta[: len(weights)], theta[len(weights) :], strict=True):
            h = torch.sigmoid(h @ W.T + b)
        return h

    def error(theta: list[Tensor]) -> Tensor:
        return ((outputs(theta) - x) ** 2).sum(1).mean()

    theta = [*weights, *biases]
    v = [torch.zeros_like(p) for p in theta]
    losses = []
    for mu in schedule(torch.arange(steps, dtype=x.dtype), most, every, settle):
        losses.append(error(theta))
        ahead = [(p + mu * d).requires_grad_() for p, d in zip(theta, v, strict=True)]
        slopes = torch.autograd.grad(error(ahead), ahead)
        v = [mu * d - lr * g for d, g in zip(v, slopes, strict=True)]
        theta = [p + d for p, d in zip(theta, v, strict=True)]
    return torch.stack(losses), outputs(theta)
