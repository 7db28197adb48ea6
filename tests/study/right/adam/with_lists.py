"""Numbers one by one, in plain Python where that is possible."""

import torch
from torch import Tensor
from torch.optim import Optimizer


def means(m: Tensor, v: Tensor, g: Tensor, betas):
    beta1, beta2 = betas
    if not m.ndim:
        return beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    new_m = [beta1 * a + (1 - beta1) * b for a, b in zip(m.unbind(), g.unbind(), strict=True)]
    new_v = [beta2 * a + (1 - beta2) * b * b for a, b in zip(v.unbind(), g.unbind(), strict=True)]
    return torch.stack(new_m), torch.stack(new_v)


def corrected(m, v, t, betas):
    one = two = 1.0
    for _ in range(t):
        one, two = one * betas[0], two * betas[1]
    return m / (1 - one), v / (1 - two)


def adam(w, slopes, lr, betas, eps):
    history = [(w, torch.zeros_like(w), torch.zeros_like(w))]
    for t in range(1, slopes.shape[0] + 1):
        w, m, v = history[-1]
        m, v = means(m, v, slopes[t - 1], betas)
        m_hat, v_hat = corrected(m, v, t, betas)
        history.append((w - lr * m_hat / (eps + v_hat**0.5), m, v))
    return torch.stack([w for w, _, _ in history[1:]])


def adamax(w, slopes, lr, betas, eps):
    m, u = torch.zeros_like(w), torch.zeros_like(w)
    path = []
    for t, g in enumerate(slopes, start=1):
        m, _ = means(m, m, g, betas)
        u = (betas[1] * u).clamp(min=0).maximum(abs(g) + eps)
        w = w - lr / (1 - betas[0] ** t) * m / u
        path.append(w)
    return torch.stack(path)


def adamw(w, slopes, lr, betas, eps, decay):
    m, v, path = torch.zeros_like(w), torch.zeros_like(w), []
    for t, g in enumerate(slopes, start=1):
        shrunk = w - lr * decay * w
        m, v = means(m, v, g, betas)
        a, b = corrected(m, v, t, betas)
        w = shrunk - lr * a / (b.sqrt() + eps)
        path.append(w)
    return torch.stack(path)


class Adam(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                before = self.state[p] or {"t": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
                t = before["t"] + 1
                m, v = means(before["m"], before["v"], p.grad, group["betas"])
                self.state[p] = {"t": t, "m": m, "v": v}
                m_hat, v_hat = corrected(m, v, t, group["betas"])
                p.data = p.data - group["lr"] * m_hat / (v_hat.sqrt() + group["eps"])


def regression(x, y, classes, steps, lr):
    weight = torch.zeros((classes, x.size(1)), dtype=x.dtype).requires_grad_()
    bias = x.new_zeros(classes).requires_grad_()
    optimiser, losses = Adam([weight, bias], lr=lr), []
    for _ in range(steps):
        optimiser.zero_grad()
        p = torch.softmax(x.matmul(weight.t()) + bias, dim=-1)
        loss = sum(-p[n, c].log() for n, c in enumerate(y.tolist())) / len(y)
        loss.backward()
        optimiser.step()
        losses.append(float(loss))
    return torch.tensor(losses, dtype=x.dtype), weight.data, bias.data
