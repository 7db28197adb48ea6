"""Blocks unflattened, einsum, a dictionary of the parts; gradients by hand in whole histories."""

import torch
from torch import einsum


def parts(x, y, W, R, b):
    sums = einsum("bm,snm->sbn", x, W.unflatten(0, (4, -1))) + einsum("bk,snk->sbn", y, R.unflatten(0, (4, -1)))
    return dict(zip("ifzo", sums + b.unflatten(0, (4, 1, -1)), strict=True))


def sigmoid(a):
    return 0.5 + 0.5 * torch.tanh(a / 2)


def vanilla(x, y, c, W, R, b, p):
    return variant("V", x, y, c, W, R, b, p)


def variant(name, x, y, c, W, R, b, p):
    a = parts(x, y, W, R, b)
    sees = {gate: 0 if name == "NP" else row for gate, row in zip("ifo", p, strict=True)}
    one = torch.ones_like(c)

    def gate(which, missing, cell):
        return one if name == missing else sigmoid(a[which] + sees[which] * cell)

    i = gate("i", "NIG", c)
    f = one - i if name == "CIFG" else gate("f", "NFG", c)
    c = i * (a["z"] if name == "NIAF" else a["z"].tanh()) + f * c
    shown = c if name == "NOAF" else c.tanh()
    return gate("o", "NOG", c) * shown, c


def full_recurrence(x, y, c, gates, W, R, b, p, G):
    a, hidden = parts(x, y, W, R, b), c.shape[1]
    fed = [gates @ G[k * hidden : (k + 1) * hidden].T for k in range(3)]
    i = sigmoid(a["i"] + p[0] * c + fed[0])
    f = sigmoid(a["f"] + p[1] * c + fed[1])
    c = torch.addcmul(f * c, i, torch.tanh(a["z"]))
    o = sigmoid(a["o"] + p[2] * c + fed[2])
    return o * c.tanh(), c, torch.hstack([i, f, o])


def size(name, inputs, hidden):
    blocks = 4 - (name in {"NIG", "NFG", "NOG", "CIFG"})
    peepholes = 0 if name == "NP" else blocks - 1
    return hidden * (blocks * (inputs + hidden + 1) + peepholes + (9 * hidden if name == "FGR" else 0))


def through_time(x, errors, W, R, b, p):
    time = x.shape[1]
    y, c, gates = [torch.zeros_like(errors[:, 0])], [torch.zeros_like(errors[:, 0])], []
    for t in range(time):
        a = parts(x[:, t], y[-1], W, R, b)
        i, f, z = sigmoid(a["i"] + p[0] * c[-1]), sigmoid(a["f"] + p[1] * c[-1]), torch.tanh(a["z"])
        c.append(i * z + f * c[-1])
        o = sigmoid(a["o"] + p[2] * c[-1])
        y.append(o * torch.tanh(c[-1]))
        gates.append((i, f, z, o))
    history = torch.zeros(*x.shape[:2], 4, R.shape[1], dtype=x.dtype)
    zero = torch.zeros_like(c[0])
    later, dc_later, f_later = (zero, zero, zero, zero), zero, zero
    for t in range(time - 1, -1, -1):
        i, f, z, o = gates[t]
        dy = errors[:, t] + torch.cat(later, 1) @ R
        do = dy * c[t + 1].tanh() * (o - o * o)
        dc = dy * o / torch.cosh(c[t + 1]) ** 2 + p[2] * do + p[0] * later[0] + p[1] * later[1] + dc_later * f_later
        later = dc * z * (i - i * i), dc * c[t] * (f - f * f), dc * i * (1 - z * z), do
        dc_later, f_later = dc, f
        history[:, t] = torch.stack(later, 1)
    flat = history.flatten(2)
    before, cells, now = torch.stack(y[:-1], 1), torch.stack(c[:-1], 1), torch.stack(c[1:], 1)
    dp = [(seen * history[:, :, k]).sum((0, 1)) for seen, k in ((cells, 0), (cells, 1), (now, 3))]
    dW, dR = einsum("bts,btm->sm", flat, x), einsum("bts,btn->sn", flat, before)
    return flat @ W, dW, dR, flat.sum((0, 1)), torch.stack(dp)


def study(run, names, draws, best):
    means, variances = [], []
    for k, name in enumerate(names):
        rows = []
        for u, v in draws[k]:
            rows.append(run(name, int(torch.round(20 * 10**u)), float(10 ** (4 * v - 6))))
        table = torch.tensor(rows, dtype=torch.float64)
        chosen = table[table[:, 0].argsort()[:best], 1]
        means.append(chosen.mean())
        variances.append(((chosen - chosen.mean()) ** 2).sum() / (best - 1))
    m, w = torch.stack(means), torch.stack(variances) / best
    return m, (m - m[0]) / (w + w[0]) ** 0.5, (w + w[0]) ** 2 / (w**2 / (best - 1) + w[0] ** 2 / (best - 1))
