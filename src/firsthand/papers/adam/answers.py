"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.optim import Optimizer

from firsthand.papers.exercise import given

Betas = tuple[float, float]


def means(
    m: Float[Tensor, "*n"], v: Float[Tensor, "*n"], g: Float[Tensor, "*n"], betas: Betas
) -> tuple[Tensor, Tensor]:
    """The running means of the gradient and of its square after one more gradient: (m, v)."""
    beta1, beta2 = betas
    return beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2


def corrected(m: Float[Tensor, "*n"], v: Float[Tensor, "*n"], t: int, betas: Betas) -> tuple[Tensor, Tensor]:
    """What both would be without their start at zero, after step t, which counts from 1: (m^, v^)."""
    beta1, beta2 = betas
    return m / (1 - beta1**t), v / (1 - beta2**t)


def adam(
    w: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], lr: float, betas: Betas, eps: float
) -> Float[Tensor, "steps n"]:
    """The weights after each step, for one gradient a step."""
    m, v = torch.zeros_like(w), torch.zeros_like(w)
    path = []
    for t, g in enumerate(slopes, start=1):
        m, v = means(m, v, g, betas)
        m_hat, v_hat = corrected(m, v, t, betas)
        w = w - lr * m_hat / (v_hat.sqrt() + eps)
        path.append(w)
    return torch.stack(path)


def adamax(
    w: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], lr: float, betas: Betas, eps: float
) -> Float[Tensor, "steps n"]:
    """The weights after each step of AdaMax."""
    beta1, beta2 = betas
    m, u = torch.zeros_like(w), torch.zeros_like(w)
    path = []
    for t, g in enumerate(slopes, start=1):
        m = beta1 * m + (1 - beta1) * g
        u = torch.maximum(beta2 * u, g.abs() + eps)
        w = w - lr / (1 - beta1**t) * m / u
        path.append(w)
    return torch.stack(path)


def adamw(
    w: Float[Tensor, " n"], slopes: Float[Tensor, "steps n"], lr: float, betas: Betas, eps: float, decay: float
) -> Float[Tensor, "steps n"]:
    """The weights after each step of AdamW."""
    m, v = torch.zeros_like(w), torch.zeros_like(w)
    path = []
    for t, g in enumerate(slopes, start=1):
        m, v = means(m, v, g, betas)
        m_hat, v_hat = corrected(m, v, t, betas)
        w = w - lr * decay * w - lr * m_hat / (v_hat.sqrt() + eps)
        path.append(w)
    return torch.stack(path)


class Adam(Optimizer):
    """The rule as an optimiser of torch: `step` changes every parameter that has a gradient."""

    @given
    def __init__(self, params, lr: float = 1e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self) -> None:
        """One step of every parameter with a gradient; its own t, m and v are in self.state[p]."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["t"], state["m"], state["v"] = 0, torch.zeros_like(p), torch.zeros_like(p)
                state["t"] += 1
                state["m"], state["v"] = means(state["m"], state["v"], p.grad, group["betas"])
                m_hat, v_hat = corrected(state["m"], state["v"], state["t"], group["betas"])
                p -= group["lr"] * m_hat / (v_hat.sqrt() + group["eps"])


def regression(
    x: Float[Tensor, "examples inputs"], y: Int[Tensor, " examples"], classes: int, steps: int, lr: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Train a logistic regression from zero: the loss before each step, then weights (classes, inputs) and biases."""
    weight = torch.zeros(classes, x.shape[1], dtype=x.dtype, requires_grad=True)
    bias = torch.zeros(classes, dtype=x.dtype, requires_grad=True)
    rule = Adam([weight, bias], lr=lr)
    losses = []
    for _ in range(steps):
        logits = x @ weight.T + bias
        loss = -torch.log_softmax(logits, 1).gather(1, y[:, None]).mean()
        weight.grad, bias.grad = torch.autograd.grad(loss, [weight, bias])
        rule.step()
        losses.append(loss.detach())
    return torch.stack(losses), weight.detach(), bias.detach()
