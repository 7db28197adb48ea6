"""The classifier's gradient by autograd; recursion over time."""

import torch
from torch.optim import Optimizer


def adagrad(w, slopes, lr, eps, s=0.0):
    if len(slopes) == 0:
        return slopes.new_zeros(0, len(w))
    s = s + slopes[0] * slopes[0]
    w = w - lr / (torch.sqrt(s) + eps) * slopes[0]
    return torch.cat([w[None], adagrad(w, slopes[1:], lr, eps, s)])


def root(matrix):
    d, v = torch.linalg.eigh((matrix + matrix.T) / 2)
    return (v * d.abs().sqrt()) @ v.T


def full(w, slopes, lr, eps):
    path, total = [], torch.zeros(len(w), len(w), dtype=w.dtype)
    for g in slopes:
        total += g[:, None] * g[None, :]
        w = w - lr * torch.inverse(root(total) + eps * torch.eye(len(w), dtype=w.dtype)) @ g
        path.append(w)
    return torch.stack(path)


def hinge(weight, rows, labels, lr):
    weight = weight.clone().requires_grad_()
    rule, losses = Adagrad([weight], lr=lr), []
    for x, y in zip(rows, labels, strict=True):
        rule.zero_grad()
        loss = (1 - y * x @ weight).relu()
        loss.backward()
        rule.step()
        losses.append(loss.detach())
    return torch.stack(losses), weight.detach()


class Adagrad(Optimizer):
    def __init__(self, params, lr=0.01, eps=1e-10):
        super().__init__(params, {"lr": lr, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                state.setdefault("sum", torch.zeros_like(p)).add_(p.grad**2)
                p.sub_(group["lr"] * p.grad / state["sum"].sqrt().add(group["eps"]))
