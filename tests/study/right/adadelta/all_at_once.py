"""The running mean of squared gradients as a product with a matrix; the gradients by autograd.grad."""

import torch
from torch.optim import Optimizer


def mean_squares(slopes, rho):
    late = torch.arange(len(slopes))[:, None] - torch.arange(len(slopes))
    shares = torch.where(late >= 0, (1 - rho) * torch.tensor(rho, dtype=slopes.dtype) ** late.clamp(min=0), 0.0)
    return shares @ slopes**2


def window(x, slopes, lr, rho, eps):
    return x - lr * (slopes * (mean_squares(slopes, rho) + eps).rsqrt()).cumsum(0)


def adadelta(x, slopes, rho, eps):
    below, above = mean_squares(slopes, rho) + eps, torch.full_like(x, eps)
    path = [x]
    for g, square in zip(slopes, below, strict=True):
        step = g * torch.sqrt(above / square)
        above = rho * (above - eps) + (1 - rho) * step * step + eps
        path += [path[-1] - step]
    return torch.stack(path[1:])


def rates(slopes, rho, eps):
    moved = adadelta(torch.zeros_like(slopes[0]), slopes, rho, eps)
    steps = torch.diff(torch.cat([torch.zeros_like(moved[:1]), moved]), dim=0)
    before = torch.cat([torch.zeros_like(steps[:1]), mean_squares(steps, rho)[:-1]])
    return torch.sqrt(before + eps) / torch.sqrt(mean_squares(slopes, rho) + eps)


class Adadelta(Optimizer):
    def __init__(self, params, lr=1.0, rho=0.95, eps=1e-6):
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            keep, eps = group["rho"], group["eps"]
            for p in [p for p in group["params"] if p.grad is not None]:
                kept = self.state[p]
                kept["s"] = keep * kept.get("s", 0) + (1 - keep) * p.grad * p.grad
                before = torch.as_tensor(kept.get("a", 0.0), dtype=p.dtype)
                dx = -torch.sqrt((before + eps) / (kept["s"] + eps)) * p.grad
                kept["a"] = keep * before + (1 - keep) * dx * dx
                p.add_(dx, alpha=group["lr"])


def learn(x, y, weights, biases, rho, eps, batch, epochs):
    params = [p.detach().clone().requires_grad_() for pair in zip(weights, biases, strict=True) for p in pair]

    def logits(h):
        for i in range(0, len(params), 2):
            h = h @ params[i].T + params[i + 1]
            if i < len(params) - 2:
                h = torch.tanh(h)
        return h

    rule, losses = Adadelta(params, rho=rho, eps=eps), []
    one_hot = torch.eye(len(biases[-1]), dtype=x.dtype)[y]
    for _ in range(epochs):
        for inputs, rows in zip(torch.split(x, batch), torch.split(one_hot, batch), strict=True):
            p = torch.softmax(logits(inputs), 1)
            loss = -(p.log() * rows).sum(1).mean()
            losses.append(loss.detach())
            for param, slope in zip(params, torch.autograd.grad(loss, params), strict=True):
                param.grad = slope
            rule.step()
    return torch.stack(losses), logits(x).detach()
