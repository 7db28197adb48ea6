"""Operations in place on copies."""

import torch
from torch.optim import Optimizer


def adagrad(w, slopes, lr, eps):
    w, s, path = w.clone(), torch.zeros_like(w), torch.empty_like(slopes)
    for i, g in enumerate(slopes):
        s.addcmul_(g, g)
        w.addcdiv_(g, s.sqrt().add_(eps), value=-lr)
        path[i] = w
    return path


def full(w, slopes, lr, eps):
    path = []
    for t in range(1, len(slopes) + 1):
        u, d, _ = torch.linalg.svd(slopes[:t].T @ slopes[:t])
        root = u @ torch.diag(d.sqrt()) @ u.T
        w = w - lr * torch.linalg.solve(root + eps * torch.eye(len(w), dtype=w.dtype), slopes[t - 1])
        path.append(w)
    return torch.stack(path)


def hinge(weight, rows, labels, lr):
    s, losses = torch.zeros_like(weight), []
    for x, y in zip(rows, labels.tolist(), strict=True):
        margin = 1 - y * torch.dot(weight, x)
        losses.append(torch.relu(margin))
        if margin > 0:
            s = s + x**2
            weight = weight + lr * y * x / (s.sqrt() + 1e-10)
    return torch.stack(losses), weight


class Adagrad(Optimizer):
    def __init__(self, params, lr=0.01, eps=1e-10):
        super().__init__(params, dict(lr=lr, eps=eps))
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["sum"] = torch.zeros_like(p)

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    s = self.state[p]["sum"]
                    s.addcmul_(p.grad, p.grad)
                    p.data.addcdiv_(p.grad, s.sqrt() + group["eps"], value=-group["lr"])
