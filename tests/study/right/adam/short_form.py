"""The short form of section 2: alpha_t and eps^ in every step; each parameter's state in one tensor."""

import math

import torch
from torch.optim import Optimizer


def means(m, v, g, betas):
    b1, b2 = betas
    return m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v)


def corrected(m, v, t, betas):
    share = [1 - math.exp(t * math.log(b)) if b else 1.0 for b in betas]
    return m / share[0], v / share[1]


def move(w, m, v, t, lr, betas, eps):
    b1, b2 = betas
    root = math.sqrt(1 - b2**t)
    return w - lr * root / (1 - b1**t) * m / (v.sqrt() + eps * root)


def adam(w, slopes, lr, betas, eps):
    def walk(w, m, v, t):
        if t > len(slopes):
            return []
        m, v = means(m, v, slopes[t - 1], betas)
        w = move(w, m, v, t, lr, betas, eps)
        return [w, *walk(w, m, v, t + 1)] if t < 900 else [w, *loop(w, m, v, t + 1)]

    def loop(w, m, v, t):
        while t <= len(slopes):
            m, v = means(m, v, slopes[t - 1], betas)
            w = move(w, m, v, t, lr, betas, eps)
            yield w
            t += 1

    return torch.stack(walk(w, 0 * w, 0 * w, 1))


def adamax(w, slopes, lr, betas, eps):
    seen = []
    m, u = torch.zeros_like(w), torch.zeros_like(w)
    for t, g in enumerate(slopes):
        m = m * betas[0] + g * (1 - betas[0])
        size = g.abs() + eps
        u = torch.where(u * betas[1] > size, u * betas[1], size)
        w = w - (lr / (1 - betas[0] ** (t + 1))) * (m / u)
        seen.append(w)
    return torch.vstack(seen)


def adamw(w, slopes, lr, betas, eps, decay):
    m, v, seen = 0 * w, 0 * w, []
    for t, g in enumerate(slopes, 1):
        m, v = means(m, v, g, betas)
        w = move(w, m, v, t, lr, betas, eps) - lr * decay * w
        seen.append(w)
    return torch.vstack(seen)


class Adam(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    def step(self):
        with torch.no_grad():
            for group in self.param_groups:
                options = group["lr"], group["betas"], group["eps"]
                for p in (p for p in group["params"] if p.grad is not None):
                    state = self.state[p]
                    state.setdefault("t", 0)
                    state["t"] += 1
                    pair = state.get("pair", torch.zeros(2, *p.shape, dtype=p.dtype))
                    state["pair"] = torch.stack(means(*pair, p.grad, group["betas"]))
                    p.copy_(move(p, *state["pair"], state["t"], *options))


def regression(x, y, classes, steps, lr):
    theta = torch.zeros(classes, x.shape[1] + 1, dtype=x.dtype)
    x1 = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    right = torch.eye(classes, dtype=x.dtype)[y]
    theta.requires_grad_()
    rule, losses = Adam([theta], lr=lr), []
    for _ in range(steps):
        log_p = torch.log_softmax(x1 @ theta.detach().T, 1)
        losses.append(-(log_p * right).sum() / len(x))
        theta.grad = (log_p.exp() - right).T @ x1 / len(x)
        rule.step()
    theta = theta.detach()
    return torch.stack(losses), theta[:, :-1], theta[:, -1]
