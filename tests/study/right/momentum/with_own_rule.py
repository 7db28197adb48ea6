"""The paper's velocity as the optimiser's, times -lr; the walks over quadratics by autograd."""

import math

import torch
from torch.optim import Optimizer


def value(theta, A, b):
    return theta @ A @ theta / 2 - b @ theta


def slope(theta, A, b):
    theta = theta.clone().requires_grad_()
    value(theta, A, b).backward()
    return theta.grad


def heavy_ball(theta, A, b, lr, mu, steps):
    p = theta.clone().requires_grad_()
    rule, path = SGD([p], lr=lr, momentum=mu), []
    for _ in range(steps):
        p.grad = slope(p.detach(), A, b)
        rule.step()
        path.append(p.detach().clone())
    return torch.stack(path)


def nesterov(theta, A, b, lr, mu, steps):
    v, path = theta - theta, torch.empty(steps, len(theta), dtype=theta.dtype)
    for i in range(steps):
        v = mu * v - lr * slope(theta + mu * v, A, b)
        theta = path[i] = theta + v
    return path


def constants(low, high):
    l, L = math.sqrt(low), math.sqrt(high)  # noqa: E741
    shrink = math.tanh(math.log(L / l) / 2)
    return math.pow(2 / (l + L), 2), shrink * shrink, shrink


def schedule(t, most, every, settle):
    stair = torch.div(t, every, rounding_mode="floor") + 1
    mu = 1 - torch.exp2(-1 - stair.log2())
    mu = torch.where(mu > most, torch.as_tensor(most, dtype=t.dtype), mu)
    return torch.where((t >= settle) & (mu > 0.9), torch.as_tensor(0.9, dtype=t.dtype), mu)


class SGD(Optimizer):
    def __init__(self, params, lr=1e-3, momentum=0.0, nesterov=False):
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr, mu, nesterov = (group[name] for name in ("lr", "momentum", "nesterov"))
            for p in group["params"]:
                if p.grad is None:
                    continue
                v = self.state[p].setdefault("v", torch.zeros_like(p))
                v *= mu
                v += p.grad
                p -= lr * (mu * v + p.grad) if nesterov else lr * v


def learn(x, weights, biases, lr, most, every, settle, steps):
    shapes = [p.shape for p in (*weights, *biases)]
    theta = torch.cat([p.reshape(-1) for p in (*weights, *biases)])
    v = torch.zeros_like(theta)

    def outputs(flat):
        parts = flat.split([shape.numel() for shape in shapes])
        parts = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        h = x
        for i, W in enumerate(parts[: len(weights)]):
            h = (torch.einsum("nk,mk->nm", h, W) + parts[len(weights) + i]).sigmoid()
        return h

    def error(flat):
        return ((outputs(flat) - x) ** 2).sum() / x.shape[0]

    errors = []
    for mu in schedule(torch.arange(steps).double(), most, every, settle).tolist():
        errors.append(error(theta))
        ahead = (theta + mu * v).requires_grad_()
        v = mu * v - lr * torch.autograd.grad(error(ahead), ahead)[0]
        theta = theta + v
    return torch.stack(errors), outputs(theta)
