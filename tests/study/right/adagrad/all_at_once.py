"""Without loops where a sum over all steps does."""

import torch
from torch.optim import Optimizer


def adagrad(w, slopes, lr, eps):
    return w - torch.cumsum(lr * slopes / (torch.cumsum(slopes**2, 0) ** 0.5 + eps), 0)


def full(w, slopes, lr, eps):
    sums = torch.cumsum(slopes[:, :, None] * slopes[:, None, :], 0)
    d, v = torch.linalg.eigh(sums)
    turned = torch.einsum("tij,ti->tj", v, slopes) / (d.clamp(min=0).sqrt() + eps)
    return w - torch.cumsum(lr * torch.einsum("tij,tj->ti", v, turned), 0)


def hinge(weight, rows, labels, lr):
    weight, s = weight.clone(), torch.zeros_like(weight)
    losses = torch.zeros(len(rows), dtype=weight.dtype)
    for i in range(len(rows)):
        losses[i] = torch.maximum(1 - labels[i] * (rows[i] * weight).sum(), torch.zeros((), dtype=weight.dtype))
        if losses[i] > 0:
            seen = rows[i] != 0
            s[seen] += rows[i][seen] ** 2
            weight[seen] += lr * labels[i] * rows[i][seen] / (s[seen].sqrt() + 1e-10)
    return losses, weight


class Adagrad(Optimizer):
    def __init__(self, params, lr=0.01, eps=1e-10):
        super().__init__(params, {"lr": lr, "eps": eps})

    def step(self):
        with torch.no_grad():
            for group in self.param_groups:
                with_gradient = [p for p in group["params"] if p.grad is not None]
                for p in with_gradient:
                    self.state[p]["s"] = self.state[p].get("s", 0) + p.grad.square()
                    p.copy_(p - group["lr"] * p.grad / (self.state[p]["s"] ** 0.5 + group["eps"]))
