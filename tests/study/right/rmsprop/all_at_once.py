"""Running means as products with a matrix of weights that fade; the rate inside of the velocity."""

import torch
from torch.optim import Optimizer


def fading(steps, share, like):
    late = torch.arange(steps)[:, None] - torch.arange(steps)
    return torch.where(late >= 0, torch.as_tensor(share, dtype=like.dtype) ** late.clamp(min=0), 0.0)


def rprop(w, slopes, size):
    last, now, path = None, torch.full(w.shape, size, dtype=w.dtype), []
    for g in slopes.unbind():
        if last is not None:
            agree = (g > 0) & (last > 0) | (g < 0) & (last < 0)
            now = torch.where(agree, now * 1.2, now / 2)
            now = torch.minimum(torch.maximum(now, w.new_tensor(1e-6)), w.new_tensor(50.0))
        path.append((path[-1] if path else w) - now * torch.sign(g))
        last = g
    return torch.stack(path)


def rmsprop(w, slopes, lr, alpha, eps):
    s = (1 - alpha) * fading(len(slopes), alpha, w) @ slopes**2
    return w - lr * torch.cumsum(slopes / (torch.sqrt(s) + eps), 0)


def graves(w, slopes, lr, alpha, eps, momentum):
    means = (1 - alpha) * fading(len(slopes), alpha, w)
    u = slopes / torch.sqrt(means @ slopes**2 - (means @ slopes) ** 2 + eps)
    return w - lr * (fading(len(slopes), momentum, w) @ u).cumsum(0)


class RMSprop(Optimizer):
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
        super().__init__(params, dict(lr=lr, alpha=alpha, eps=eps, momentum=momentum, centered=centered))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            a, lr = group["alpha"], group["lr"]
            for p in filter(lambda p: p.grad is not None, group["params"]):
                g, kept = p.grad, self.state[p]
                kept["s"] = a * kept.get("s", 0) + (1 - a) * g * g
                root = kept["s"]
                if group["centered"]:
                    kept["m"] = a * kept.get("m", 0) + (1 - a) * g
                    root = torch.relu(root - kept["m"].square())
                kept["v"] = group["momentum"] * kept.get("v", 0) + lr * g / (root.sqrt() + group["eps"])
                p.sub_(kept["v"])
