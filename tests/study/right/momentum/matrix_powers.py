"""Quadratics by the powers of one matrix, which moves theta and v together; backward() for the autoencoder."""

import torch
from torch.optim import Optimizer


def walk(theta, step, shift, steps):
    n = len(theta)
    state, path = torch.cat([theta, torch.zeros_like(theta)]), []
    for _ in range(steps):
        state = step @ state + shift
        path.append(state[:n])
    return torch.stack(path)


def heavy_ball(theta, A, b, lr, mu, steps):
    one = torch.eye(len(theta), dtype=theta.dtype)
    upper, lower = torch.cat([one - lr * A, mu * one], 1), torch.cat([-lr * A, mu * one], 1)
    return walk(theta, torch.cat([upper, lower]), lr * torch.cat([b, b]), steps)


def nesterov(theta, A, b, lr, mu, steps):
    one = torch.eye(len(theta), dtype=theta.dtype)
    slower = mu * (one - lr * A)
    step = torch.cat([torch.cat([one - lr * A, slower], 1), torch.cat([-lr * A, slower], 1)])
    return walk(theta, step, lr * torch.cat([b, b]), steps)


def constants(low, high):
    low, high = low**0.5, high**0.5
    return 4 / (low + high) ** 2, (high - low) ** 2 / (high + low) ** 2, 1 - 2 * low / (high + low)


def schedule(t, most, every, settle):
    rows = []
    for one in t.reshape(-1).tolist():
        mu = min(1 - 1 / (2 * (one // every + 1)), most)
        rows.append(min(mu, 0.9) if one >= settle else mu)
    return torch.tensor(rows, dtype=t.dtype).reshape(t.shape)


class SGD(Optimizer):
    def __init__(self, params, lr=1e-3, momentum=0.0, nesterov=False):
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["velocity"] = torch.zeros_like(p)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    v = self.state[p]["velocity"].mul_(group["momentum"]).add_(p.grad)
                    if group["nesterov"]:
                        p.add_(p.grad, alpha=-group["lr"])
                        p.add_(v, alpha=-group["lr"] * group["momentum"])
                    else:
                        p.add_(v, alpha=-group["lr"])


def learn(x, weights, biases, lr, most, every, settle, steps):
    theta = [p.clone() for pair in zip(weights, biases, strict=True) for p in pair]
    v = [torch.zeros_like(p) for p in theta]

    def outputs(theta, h):
        for i in range(0, len(theta), 2):
            h = 0.5 + 0.5 * torch.tanh((h @ theta[i].T + theta[i + 1]) / 2)
        return h

    errors = torch.empty(steps, dtype=x.dtype)
    for t in range(steps):
        mu = min(1 - 0.5 / (t // every + 1), most if t < settle else min(most, 0.9))
        errors[t] = (outputs(theta, x) - x).pow(2).sum(1).mean()
        ahead = [(p + mu * d).detach().requires_grad_() for p, d in zip(theta, v, strict=True)]
        (outputs(ahead, x) - x).pow(2).sum(1).mean().backward()
        for p, d, q in zip(theta, v, ahead, strict=True):
            d.mul_(mu).sub_(lr * q.grad)
            p.add_(d)
    return errors, outputs(theta, x)
