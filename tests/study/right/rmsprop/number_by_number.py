"""Every weight by itself, with Python's numbers; the optimiser without its own state for what is not asked for."""

import math

import torch
from torch.optim import Optimizer


def sign(x):
    return (x > 0) - (x < 0)


def each(weights, slopes, path):
    columns = [path(w, column) for w, column in zip(weights.tolist(), slopes.T.tolist(), strict=True)]
    return torch.tensor(columns, dtype=slopes.dtype).T


def rprop(w, slopes, size):
    def path(w, gradients):
        own, before, seen = size, None, []
        for g in gradients:
            if before is not None:
                own = min(own * 1.2, 50.0) if g * before > 0 else max(own * 0.5, 1e-6)
                own = max(1e-6, min(50.0, own))
            w -= own * sign(g)
            before = g
            seen.append(w)
        return seen

    return each(w, slopes, path)


def rmsprop(w, slopes, lr, alpha, eps):
    def path(w, gradients):
        s, seen = 0.0, []
        for g in gradients:
            s += (1 - alpha) * (g * g - s)
            w -= lr * g / (math.sqrt(s) + eps)
            seen.append(w)
        return seen

    return each(w, slopes, path)


def graves(w, slopes, lr, alpha, eps, momentum):
    def path(w, gradients):
        s = m = d = 0.0
        seen = []
        for g in gradients:
            s, m = alpha * s + (1 - alpha) * g * g, alpha * m + (1 - alpha) * g
            d = momentum * d - lr * g / math.sqrt(s - m * m + eps)
            w += d
            seen.append(w)
        return seen

    return each(w, slopes, path)


class RMSprop(Optimizer):
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
        super().__init__(params, dict(lr=lr, alpha=alpha, eps=eps, momentum=momentum, centered=centered))

    def step(self):
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.add_(self.change(p, **group))

    def change(self, p, params, lr, alpha, eps, momentum, centered):
        state, g = self.state[p], p.grad
        if "s" not in state:
            state["s"], state["m"], state["v"] = torch.zeros(3, *p.shape, dtype=p.dtype)
        state["s"] = state["s"] + (1 - alpha) * (g**2 - state["s"])
        state["m"] = state["m"] + (1 - alpha) * (g - state["m"])
        variance = state["s"] - state["m"] ** 2 if centered else state["s"]
        state["v"] = momentum * state["v"] + g / (torch.sqrt(variance.clamp_min(0)) + eps)
        return -lr * state["v"]
