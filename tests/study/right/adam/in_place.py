"""As the algorithm is printed, with operations in place on copies."""

import torch
from torch.optim import Optimizer


def means(m, v, g, betas):
    m, v = m.clone(), v.clone()
    m.mul_(betas[0]).add_(g, alpha=1 - betas[0])
    v.mul_(betas[1]).addcmul_(g, g, value=1 - betas[1])
    return m, v


def corrected(m, v, t, betas):
    return m.div(1 - pow(betas[0], t)), v.div(1 - pow(betas[1], t))


def adam(w, slopes, lr, betas, eps):
    w, t = w.clone(), 0
    state = torch.zeros(2, len(w), dtype=w.dtype)
    path = torch.empty_like(slopes)
    for g in slopes:
        t += 1
        state = torch.stack(means(*state, g, betas))
        m_hat, v_hat = corrected(*state, t, betas)
        w.addcdiv_(m_hat, v_hat.sqrt().add_(eps), value=-lr)
        path[t - 1] = w
    return path


def adamax(w, slopes, lr, betas, eps):
    m, u, path = 0, 0, []
    for i, g in enumerate(slopes):
        m = betas[0] * m + (1 - betas[0]) * g
        u = torch.stack([betas[1] * u * torch.ones_like(g), g.abs() + eps]).amax(0)
        w = w - lr * m / (1 - betas[0] ** (i + 1)) / u
        path += [w]
    return torch.stack(path)


def adamw(w, slopes, lr, betas, eps, decay):
    path = []
    m = v = torch.zeros_like(w)
    for t in range(1, len(slopes) + 1):
        m, v = means(m, v, slopes[t - 1], betas)
        m_hat, v_hat = corrected(m, v, t, betas)
        w = w * (1 - lr * decay) - lr * m_hat / (torch.sqrt(v_hat) + eps)
        path.append(w)
    return torch.stack(path)


class Adam(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        defaults = dict(lr=lr, betas=betas, eps=eps)
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is not None:
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = torch.tensor(0.0)
                        state["exp_avg"] = torch.zeros_like(p)
                        state["exp_avg_sq"] = torch.zeros_like(p)
                    state["step"] += 1
                    state["exp_avg"].lerp_(p.grad, 1 - beta1)
                    state["exp_avg_sq"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                    t = state["step"].item()
                    root = state["exp_avg_sq"].sqrt() / (1 - beta2**t) ** 0.5
                    p.addcdiv_(state["exp_avg"], root + group["eps"], value=-group["lr"] / (1 - beta1**t))


def regression(x, y, classes, steps, lr):
    weight = torch.zeros(classes, x.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    rule = Adam([{"params": [weight]}, {"params": [bias]}], lr)
    losses = []
    for _ in range(steps):
        scores = x @ weight.T + bias
        loss = (scores.logsumexp(1) - scores[range(len(y)), y]).mean()
        weight.grad = bias.grad = None
        loss.backward()
        losses.append(loss.detach().clone())
        rule.step()
    return torch.stack(losses), weight.detach(), bias.detach()
