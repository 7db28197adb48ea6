"""The heavy ball from its last two points; Nesterov's step from the points ahead."""

import math

import torch
from torch.optim import Optimizer


def heavy_ball(theta, A, b, lr, mu, steps):
    points = [theta, theta]
    for _ in range(steps):
        before, now = points[-2:]
        points.append(now - lr * (now @ A - b) + mu * (now - before))
    return torch.stack(points[2:])


def nesterov(theta, A, b, lr, mu, steps):
    points, ahead = [theta], theta
    for _ in range(steps):
        points.append(ahead - lr * (A @ ahead - b))
        ahead = points[-1] + mu * (points[-1] - points[-2])
    return torch.stack(points[1:])


def constants(low, high):
    root = math.sqrt(high / low)
    mu = ((root - 1) / (root + 1)) ** 2
    return 4 / low / (1 + root) ** 2, mu, math.sqrt(mu)


def schedule(t, most, every, settle):
    mu = 1 - 0.5 / (torch.floor(t / every) + 1)
    bound = torch.full_like(t, most)
    bound[t >= settle] = min(most, 0.9)
    return torch.minimum(mu, bound)


class SGD(Optimizer):
    def __init__(self, params, lr=1e-3, momentum=0.0, nesterov=False):
        super().__init__(params, dict(lr=lr, momentum=momentum, nesterov=nesterov))

    def step(self):
        for group in self.param_groups:
            mu = group["momentum"]
            for p in (p for p in group["params"] if p.grad is not None):
                g, before = p.grad, self.state[p].get("v")
                v = g.clone() if before is None else mu * before + g
                self.state[p]["v"] = v
                p.data = p.data - group["lr"] * (g + mu * v if group["nesterov"] else v)


def learn(x, weights, biases, lr, most, every, settle, steps):
    depth, n = len(weights), len(x)
    theta = [torch.cat([W, b[:, None]], 1) for W, b in zip(weights, biases, strict=True)]
    ones, last, errors = torch.ones(n, 1, dtype=x.dtype), [0.0] * depth, []

    def forward(theta):
        states = [x]
        for M in theta:
            states.append(torch.sigmoid(torch.cat([states[-1], ones], 1) @ M.T))
        return states

    for t in range(steps):
        errors.append((forward(theta)[-1] - x).square().sum() / n)
        mu = schedule(torch.tensor([float(t)], dtype=x.dtype), most, every, settle).item()
        ahead = [M + mu * v for M, v in zip(theta, last, strict=True)]
        states = forward(ahead)
        slope = 2 * (states[-1] - x) / n
        for layer in reversed(range(depth)):
            y = states[layer + 1]
            slope = slope * y * (1 - y)
            own = slope.T @ torch.cat([states[layer], ones], 1)
            slope = slope @ ahead[layer][:, :-1]
            last[layer] = mu * last[layer] - lr * own
            theta[layer] = theta[layer] + last[layer]
    return torch.stack(errors), forward(theta)[-1]
