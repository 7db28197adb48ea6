"""Operations in place on copies; the steps of every rule from the optimiser's own arithmetic."""

import torch
from torch.optim import Optimizer


def window(x, slopes, lr, rho, eps):
    x, s, path = x.clone(), torch.zeros_like(x), torch.empty_like(slopes)
    for i, g in enumerate(slopes):
        s.mul_(rho).addcmul_(g, g, value=1 - rho)
        x.addcdiv_(g, s.add(eps).sqrt_(), value=-lr)
        path[i] = x
    return path


def adadelta(x, slopes, rho, eps):
    return x - torch.cumsum(rates(slopes, rho, eps) * slopes, 0)


def rates(slopes, rho, eps):
    s, a = torch.zeros(2, slopes.shape[1], dtype=slopes.dtype)
    seen = torch.empty_like(slopes)
    for i, g in enumerate(slopes):
        s.lerp_(g.square(), 1 - rho)
        seen[i] = torch.sqrt(a + eps) / torch.sqrt(s + eps)
        a.lerp_((seen[i] * g).square(), 1 - rho)
    return seen


class Adadelta(Optimizer):
    def __init__(self, params, lr=1.0, rho=0.95, eps=1e-6):
        super().__init__(params, dict(lr=lr, rho=rho, eps=eps))
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = {"square_avg": torch.zeros_like(p), "acc_delta": torch.zeros_like(p)}

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    s, a = self.state[p]["square_avg"], self.state[p]["acc_delta"]
                    s.mul_(group["rho"]).addcmul_(p.grad, p.grad, value=1 - group["rho"])
                    delta = a.add(group["eps"]).sqrt_().div_(s.add(group["eps"]).sqrt_()).mul_(p.grad)
                    a.mul_(group["rho"]).addcmul_(delta, delta, value=1 - group["rho"])
                    p.data.add_(delta, alpha=-group["lr"])


def learn(x, y, weights, biases, rho, eps, batch, epochs):
    params = [p.detach().clone() for p in (*weights, *biases)]
    rule, depth, losses = Adadelta(params, rho=rho, eps=eps), len(weights), []

    def forward(h):
        states = [h]
        for i in range(depth):
            h = torch.addmm(params[depth + i], states[-1], params[i].T)
            states.append(h.tanh() if i < depth - 1 else h)
        return states

    for _ in range(epochs):
        for start in range(0, len(x), batch):
            inputs, labels = x[start : start + batch], y[start : start + batch]
            states = forward(inputs)
            log_p = states[-1] - torch.logsumexp(states[-1], 1, keepdim=True)
            losses.append(-log_p[torch.arange(len(labels)), labels].sum() / len(labels))
            slope = log_p.exp()
            slope[torch.arange(len(labels)), labels] -= 1
            slope /= len(labels)
            for i in reversed(range(depth)):
                params[i].grad, params[depth + i].grad = slope.T @ states[i], slope.sum(0)
                slope = slope @ params[i] * (1 - states[i] ** 2)
            rule.step()
    return torch.stack(losses), forward(x)[-1]
