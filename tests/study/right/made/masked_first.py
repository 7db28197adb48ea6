"""The masks are multiplied into the weights once; inputs are put in order by a permutation."""

import torch
from torch.nn.functional import softplus


def degrees(before, chance, D):
    m = before.min() + torch.floor(chance * (D - before.min()))
    return m.to(torch.int64)


def masks(m_0, m_1, m_2):
    low = [m.double() for m in (m_0, m_1, m_2)]
    return (
        torch.heaviside(low[1][:, None] - low[0][None] + 0.5, torch.zeros(1).double()),
        torch.heaviside(low[2][:, None] - low[1][None] + 0.5, torch.zeros(1).double()),
        1 - torch.heaviside(low[2][None] - low[0][:, None], torch.ones(1).double()),
        (low[0].unsqueeze(1) - low[0]).sign().clamp(min=0),
    )


def thin(of, p):
    M_1, M_2, M_V, M_A = of
    return [p["W_1"].where(M_1 == 1, 0), p["b_1"], p["W_2"].where(M_2 == 1, 0), p["b_2"], p["V"].where(M_V == 1, 0),
            p["A"].where(M_A == 1, 0), p["c"]]  # fmt: skip


def forward(x, W_1, b_1, W_2, b_2, V, A, c):
    h = torch.addmm(b_1, x, W_1.T).relu()
    h = torch.addmm(b_2, h, W_2.T).relu()
    return torch.cat([h, x], 1) @ torch.cat([V, A], 1).T + c


def network(x, of, p):
    return forward(x, *thin(of, p))


def log_likelihood(x, logits):
    p = -softplus((1 - 2 * x) * logits).sum(-1)
    return torch.logsumexp(p - torch.tensor(float(len(logits)), dtype=p.dtype).log(), dim=0)


def sample(x, known, chance, m_0, of, p):
    parts = thin(of, p)
    x = x.masked_fill(~known, 0)
    order = torch.empty_like(m_0)
    order[m_0 - 1] = torch.arange(len(m_0))
    for d in order[~known[order]]:
        logit = forward(x, *parts)[:, d]
        x[:, d] = (torch.logit(chance[:, d]) < logit).to(x)
    return x


def learn(x, sets, p, steps, lr):
    p = dict(p)
    losses = torch.empty(steps, dtype=x.dtype)
    for t in range(steps):
        p = {name: value.clone().detach().requires_grad_(True) for name, value in p.items()}
        logits = network(x, sets[t % len(sets)], p)
        loss = (torch.logaddexp(logits, logits * 0) - x * logits).sum(1).mean()
        for name, slope in zip(p, torch.autograd.grad(loss, tuple(p.values())), strict=True):
            p[name] = torch.sub(p[name].detach(), slope, alpha=lr)
        losses[t] = loss.detach()
    return losses, log_likelihood(x, torch.stack([network(x, of, p) for of in sets])), p
