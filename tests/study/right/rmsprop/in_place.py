"""Operations in place on copies."""

import torch
from torch.optim import Optimizer


def rprop(w, slopes, size):
    w, sizes, path = w.clone(), torch.ones_like(w) * size, torch.empty_like(slopes)
    for i in range(len(slopes)):
        if i:
            agree = torch.sign(slopes[i]) * torch.sign(slopes[i - 1]) == 1
            sizes[agree] *= 1.2
            sizes[~agree] /= 2
            sizes.clamp_(1e-6, 50.0)
        w.addcmul_(sizes, slopes[i].sign(), value=-1)
        path[i] = w
    return path


def rmsprop(w, slopes, lr, alpha, eps):
    w, s, path = w.clone(), torch.zeros_like(w), torch.empty_like(slopes)
    for i, g in enumerate(slopes):
        s.mul_(alpha).addcmul_(g, g, value=1 - alpha)
        w.addcdiv_(g, s.sqrt().add_(eps), value=-lr)
        path[i] = w
    return path


def graves(w, slopes, lr, alpha, eps, momentum):
    w, path = w.clone(), torch.empty_like(slopes)
    s, m, d = (torch.zeros_like(w) for _ in range(3))
    for i, g in enumerate(slopes):
        s.lerp_(g * g, 1 - alpha)
        m.lerp_(g, 1 - alpha)
        d.mul_(momentum).addcdiv_(g, torch.sqrt(s - m * m + eps), value=-lr)
        w += d
        path[i] = w
    return path


class RMSprop(Optimizer):
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
        super().__init__(params, dict(lr=lr, alpha=alpha, eps=eps, momentum=momentum, centered=centered))
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = {name: torch.zeros_like(p) for name in ("square", "mean", "last")}

    def step(self):
        for group in self.param_groups:
            new = 1 - group["alpha"]
            for p in group["params"]:
                if p.grad is not None:
                    square, mean, last = self.state[p].values()
                    square.lerp_(p.grad**2, new)
                    mean.lerp_(p.grad, new)
                    root = (square - group["centered"] * mean**2).clamp_(min=0).sqrt_().add_(group["eps"])
                    last.mul_(group["momentum"]).addcdiv_(p.grad, root)
                    p.data.add_(last, alpha=-group["lr"])
