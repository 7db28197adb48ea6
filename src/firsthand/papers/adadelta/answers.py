"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.optim import Optimizer

from firsthand.papers.exercise import given


def window(
    x: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], lr: float, rho: float, eps: float
) -> Float[Tensor, "steps n"]:
    """The parameters after each step of the first idea alone, section 3.1."""
    s = torch.zeros_like(x)
    path = []
    for g in slopes:
        s = rho * s + (1 - rho) * g**2
        x = x - lr * g / (s + eps).sqrt()
        path.append(x)
    return torch.stack(path)


def adadelta(
    x: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], rho: float, eps: float
) -> Float[Tensor, "steps n"]:
    """The parameters after each step of algorithm 1, for one gradient a step."""
    s, a = torch.zeros_like(x), torch.zeros_like(x)
    path = []
    for g in slopes:
        s = rho * s + (1 - rho) * g**2
        d = -(a + eps).sqrt() / (s + eps).sqrt() * g
        a = rho * a + (1 - rho) * d**2
        x = x + d
        path.append(x)
    return torch.stack(path)


def rates(slopes: Float[Tensor, "steps n"], rho: float, eps: float) -> Float[Tensor, "steps n"]:
    """What multiplies the gradient at each step, as figure 2 shows it."""
    s, a = torch.zeros_like(slopes[0]), torch.zeros_like(slopes[0])
    seen = []
    for g in slopes:
        s = rho * s + (1 - rho) * g**2
        rate = ((a + eps) / (s + eps)).sqrt()
        a = rho * a + (1 - rho) * (rate * g) ** 2
        seen.append(rate)
    return torch.stack(seen)


class Adadelta(Optimizer):
    """The rule as an optimiser of torch: `step` changes every parameter that has a gradient."""

    @given
    def __init__(self, params, lr: float = 1.0, rho: float = 0.95, eps: float = 1e-6):
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps})

    @torch.no_grad()
    def step(self) -> None:
        """One step of every parameter with a gradient; its two means are in self.state[p]."""
        for group in self.param_groups:
            rho, eps = group["rho"], group["eps"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["s"], state["a"] = torch.zeros_like(p), torch.zeros_like(p)
                state["s"] = rho * state["s"] + (1 - rho) * p.grad**2
                d = (state["a"] + eps).sqrt() / (state["s"] + eps).sqrt() * p.grad
                state["a"] = rho * state["a"] + (1 - rho) * d**2
                p -= group["lr"] * d


def learn(
    x: Float[Tensor, "examples inputs"],
    y: Int[Tensor, " examples"],
    weights: list[Tensor],
    biases: list[Tensor],
    rho: float,
    eps: float,
    batch: int,
    epochs: int,
) -> tuple[Tensor, Tensor]:
    """Train a classifier in mini-batches: the loss before each step, and the logits of all examples at the end."""
    weights, biases = ([p.clone().requires_grad_() for p in params] for params in (weights, biases))

    def logits(h: Tensor) -> Tensor:
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            h = torch.tanh(h @ W.T + b)
        return h @ weights[-1].T + biases[-1]

    rule = Adadelta([*weights, *biases], rho=rho, eps=eps)
    losses = []
    for _ in range(epochs):
        for inputs, labels in zip(x.split(batch), y.split(batch), strict=True):
            loss = -torch.log_softmax(logits(inputs), 1).gather(1, labels[:, None]).mean()
            rule.zero_grad()
            loss.backward()
            rule.step()
            losses.append(loss.detach())
    return torch.stack(losses), logits(x).detach()
