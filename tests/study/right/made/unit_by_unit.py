"""Loops over units and examples; the weights of what is masked are left out, not multiplied by 0."""

from math import floor, log

import torch


def degrees(before, chance, D):
    least = min(before.tolist())
    return torch.tensor([least + floor(one * (D - least)) for one in chance.tolist()])


def masks(m_0, m_1, m_2):
    a, b, c = m_0.tolist(), m_1.tolist(), m_2.tolist()
    return [
        torch.tensor([[float(k >= d) for d in a] for k in b], dtype=torch.float64),
        torch.tensor([[float(k >= j) for j in b] for k in c], dtype=torch.float64),
        torch.tensor([[float(d > k) for k in c] for d in a], dtype=torch.float64),
        torch.tensor([[float(d > e) for e in a] for d in a], dtype=torch.float64),
    ]


def masked(x, weight, mask):
    columns = []
    for row, see in zip(weight, mask.bool(), strict=True):
        columns.append((x[:, see] * row[see]).sum(1))
    return torch.stack(columns, 1)


def network(x, of, p):
    h = masked(x, p["W_1"], of[0]) + p["b_1"]
    h = masked(h * (h > 0), p["W_2"], of[1]) + p["b_2"]
    return masked(h * (h > 0), p["V"], of[2]) + masked(x, p["A"], of[3]) + p["c"]


def log_likelihood(x, logits):
    found = []
    for one in logits:
        ones, zeros = -torch.logaddexp(-one, 0 * one), -torch.logaddexp(one, 0 * one)
        found.append(torch.where(x > 0, ones, zeros).sum(1))
    total = found[0]
    for one in found[1:]:
        total = torch.logaddexp(total, one)
    return total - log(len(found))


def sample(x, known, chance, m_0, of, p):
    x = x * known
    for d in sorted(range(len(m_0)), key=lambda d: int(m_0[d])):
        if not bool(known[d]):
            y = torch.sigmoid(network(x, of, p))
            columns = list(x.unbind(1))
            pairs = zip(chance[:, d].tolist(), y[:, d].tolist(), strict=True)
            columns[d] = torch.tensor([1.0 if u < q else 0.0 for u, q in pairs], dtype=x.dtype)
            x = torch.stack(columns, 1)
    return x


def learn(x, sets, p, steps, lr):
    p = {name: value.clone().detach() for name, value in p.items()}
    losses = []
    for t in range(steps):
        leaves = {name: value.requires_grad_() for name, value in p.items()}
        loss = -log_likelihood(x, network(x, sets[t % len(sets)], leaves).unsqueeze(0)).mean()
        loss.backward()
        losses.append(loss.detach())
        p = {name: value.detach() - lr * value.grad for name, value in leaves.items()}
    return torch.stack(losses), log_likelihood(x, torch.stack([network(x, of, p) for of in sets])), p
