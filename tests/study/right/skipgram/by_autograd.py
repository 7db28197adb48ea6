"""Masks in place of loops, and gradients by autograd."""

import torch


def kept(counts, t):
    f = counts / counts.sum(dtype=torch.float64)
    return torch.where(f <= t, 1.0, torch.rsqrt(f / t))


def pairs(text, reach):
    places = torch.arange(len(text))
    distance = (places[:, None] - places).abs()
    i, j = ((distance <= reach[:, None]) & (distance > 0)).nonzero(as_tuple=True)
    return torch.stack([text[i], text[j]], 1)


def noise(counts, power, draws):
    p = torch.softmax(power * counts.double().log(), 0)
    edges = torch.cumsum(p, 0)
    return p, (draws[..., None] >= edges).sum(-1)


def negative(v, u, centre, context, drawn):
    targets = torch.cat([context[:, None], drawn], 1)
    scores = torch.einsum("pd,pkd->pk", v[centre], u[targets])
    signs = torch.ones_like(scores)
    signs[:, 0] = -1
    return torch.logaddexp(signs * scores, torch.zeros(())).sum(-1)


def tree(h, u, nodes, branches):
    vectors = u[nodes] * branches[:, :, None]
    scores = torch.einsum("bd,wnd->bwn", h, vectors)
    logs = torch.logaddexp(-scores, scores.new_zeros(()))
    return -torch.where(branches == 0, 0, logs).sum(-1)


def train(text, stays, reach, drawn, v, u, lr):
    found = pairs(text[stays], reach[stays])
    for n in range(len(found)):
        v, u = v.detach().requires_grad_(), u.detach().requires_grad_()
        loss = negative(v, u, found[n, :1], found[n, 1:], drawn[n : n + 1]).sum()
        slope_v, slope_u = torch.autograd.grad(loss, (v, u))
        v, u = v - lr * slope_v, u - lr * slope_u
    return v.detach(), u.detach()
