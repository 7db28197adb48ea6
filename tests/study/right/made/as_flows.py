"""Conditionals one by one, with F-style einsum, softplus, and probabilities kept as logarithms."""

import math

import torch


def degrees(before, chance, D):
    low = before.amin().item()
    choices = torch.arange(low, D)
    return choices[(chance * len(choices)).long()]


def masks(m_0, m_1, m_2):
    def at_least(above, below):
        return torch.ge(above.unsqueeze(1), below.unsqueeze(0)).to(torch.float64)

    def above(outputs, units):
        return torch.gt(outputs.unsqueeze(1), units.unsqueeze(0)).to(torch.float64)

    return at_least(m_1, m_0), at_least(m_2, m_1), above(m_0, m_2), above(m_0, m_0)


def network(x, of, p):
    h = x
    for mask, name in zip(of[:2], ("1", "2"), strict=True):
        h = torch.relu(torch.einsum("bi,oi,oi->bo", h, p["W_" + name], mask) + p["b_" + name])
    return p["c"] + torch.einsum("bi,oi,oi->bo", h, p["V"], of[2]) + torch.einsum("bi,oi,oi->bo", x, p["A"], of[3])


def log_likelihood(x, logits):
    signs = 2 * x - 1
    each = -torch.log1p(torch.exp(-(signs * logits).abs())) - (-signs * logits).clamp(min=0)
    nats = each.sum(2)
    top = nats.max(0).values
    return top + (nats - top).exp().mean(0).log()


def sample(x, known, chance, m_0, of, p):
    drawn = x.clone()
    drawn[:, ~known] = 0
    for place in range(1, len(m_0) + 1):
        (d,) = (m_0 == place).nonzero()[0].tolist()
        if known[d]:
            continue
        y = 1 / (1 + torch.exp(-network(drawn, of, p)[:, d]))
        drawn[:, d] = (chance[:, d] < y).double()
    return drawn


def learn(x, sets, p, steps, lr):
    names, values = list(p), [value.detach().clone() for value in p.values()]
    losses, turn = [], 0
    for _ in range(steps):
        for value in values:
            value.requires_grad_()
        logits = network(x, sets[turn], dict(zip(names, values, strict=True)))
        loss = -log_likelihood(x, logits.unsqueeze(0)).sum() / len(x)
        slopes = torch.autograd.grad(loss, values)
        values = [value.detach() - lr * slope for value, slope in zip(values, slopes, strict=True)]
        losses.append(loss.item())
        turn = (turn + 1) % len(sets)
    p = dict(zip(names, values, strict=True))
    each = torch.stack([log_likelihood(x, network(x, of, p)[None]) for of in sets])
    return torch.tensor(losses, dtype=x.dtype), each.logsumexp(0) - math.log(len(sets)), p
