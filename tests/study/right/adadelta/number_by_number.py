"""Every parameter by itself, with Python's numbers."""

import math

import torch
from torch.optim import Optimizer


def each(slopes, path):
    return torch.tensor([path(column) for column in slopes.T.tolist()], dtype=slopes.dtype).T


def window(x, slopes, lr, rho, eps):
    def steps(gradients):
        s, moved, seen = 0.0, 0.0, []
        for g in gradients:
            s += (1 - rho) * (g * g - s)
            moved -= lr * g / math.sqrt(s + eps)
            seen.append(moved)
        return seen

    return x + each(slopes, steps)


def rates(slopes, rho, eps):
    def factors(gradients):
        s = a = 0.0
        seen = []
        for g in gradients:
            s = rho * s + (1 - rho) * g * g
            seen.append(math.sqrt(a + eps) / math.sqrt(s + eps))
            a = rho * a + (1 - rho) * (seen[-1] * g) ** 2
        return seen

    return each(slopes, factors)


def adadelta(x, slopes, rho, eps):
    path = [x]
    for factor, g in zip(rates(slopes, rho, eps), slopes, strict=True):
        path.append(path[-1] - factor * g)
    return torch.stack(path[1:])


class Adadelta(Optimizer):
    def __init__(self, params, lr=1.0, rho=0.95, eps=1e-6):
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps})

    def step(self):
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.add_(self.change(p, **group))

    def change(self, p, params, lr, rho, eps):
        state = self.state[p]
        s, a = state.get("means", torch.zeros(2, *p.shape, dtype=p.dtype))
        s = rho * s + (1 - rho) * p.grad**2
        dx = -(((a + eps) / (s + eps)) ** 0.5) * p.grad
        state["means"] = torch.stack([s, rho * a + (1 - rho) * dx**2])
        return lr * dx


def learn(x, y, weights, biases, rho, eps, batch, epochs):
    weights = [W.clone().requires_grad_() for W in weights]
    biases = [b.clone().requires_grad_() for b in biases]
    rule = Adadelta([{"params": weights}, {"params": biases}], rho=rho, eps=eps)
    losses = []

    def logits(x):
        *hidden, last = zip(weights, biases, strict=True)
        for W, b in hidden:
            x = torch.tanh(torch.einsum("nk,mk->nm", x, W) + b)
        return torch.einsum("nk,mk->nm", x, last[0]) + last[1]

    for number in range(epochs * -(-len(x) // batch)):
        first = number * batch % (-(-len(x) // batch) * batch)
        chosen = slice(first, first + batch)
        outputs = logits(x[chosen])
        right = outputs.gather(1, y[chosen].unsqueeze(1)).squeeze(1)
        loss = (outputs.exp().sum(1).log() - right).mean()
        for p in (*weights, *biases):
            p.grad = None
        loss.backward()
        rule.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=x.dtype), logits(x).detach()
