"""A unit at a time with the numbers of its rows; backwards by recursion; plain sums."""

import math

import torch


def sums(x, y, W, R, b):
    rows = [x @ w + y @ r + bias for w, r, bias in zip(W, R, b, strict=True)]
    hidden = R.shape[1]
    return [torch.stack(rows[k * hidden : (k + 1) * hidden], 1) for k in range(4)]


def logistic(a):
    return 1 / (1 + torch.exp(-a))


def vanilla(x, y, c, W, R, b, p):
    *_, y, c = walk(x, y, c, W, R, b, p)
    return y, c


def walk(x, y, c, W, R, b, p):
    i, f, z, o = sums(x, y, W, R, b)
    i, f, z = logistic(i + p[0] * c), logistic(f + p[1] * c), torch.tanh(z)
    new = i * z + f * c
    o = logistic(o + p[2] * new)
    return i, f, z, o, o * torch.tanh(new), new


def variant(name, x, y, c, W, R, b, p):
    if name == "V":
        return vanilla(x, y, c, W, R, b, p)
    if name == "NP":
        return vanilla(x, y, c, W, R, b, 0 * p)
    i, f, z, o = sums(x, y, W, R, b)
    i = 1.0 if name == "NIG" else logistic(i + p[0] * c)
    if name == "CIFG":
        c = c + i * (torch.tanh(z) - c)
    else:
        kept = c if name == "NFG" else logistic(f + p[1] * c) * c
        c = kept + i * (z if name == "NIAF" else torch.tanh(z))
    o = 1.0 if name == "NOG" else logistic(o + p[2] * c)
    return (o * c, c) if name == "NOAF" else (o * torch.tanh(c), c)


def full_recurrence(x, y, c, gates, W, R, b, p, G):
    fed = torch.stack([gates @ row for row in G], 1)
    n = c.shape[1]
    i, f, z, o = sums(x, y, W, R, b)
    i, f = logistic(i + p[0] * c + fed[:, :n]), logistic(f + p[1] * c + fed[:, n : 2 * n])
    c = i * torch.tanh(z) + f * c
    o = logistic(o + p[2] * c + fed[:, 2 * n :])
    return o * torch.tanh(c), c, torch.cat([i, f, o], 1)


def size(name, inputs, hidden):
    block, peephole = hidden * (inputs + hidden + 1), hidden
    return {
        "NIG": 3 * block + 2 * peephole,
        "NFG": 3 * block + 2 * peephole,
        "NOG": 3 * block + 2 * peephole,
        "CIFG": 3 * block + 2 * peephole,
        "NP": 4 * block,
        "FGR": 4 * block + 3 * peephole + 9 * hidden * hidden,
    }.get(name, 4 * block + 3 * peephole)


def back(xs, errors, y, c, W, R, b, p):
    """The gradients of the rest of the text: at the state before it, dy and dc, and of all else."""
    if not xs:
        zero = torch.zeros_like(y)
        return zero, zero, [], torch.zeros_like(W), torch.zeros_like(R), torch.zeros_like(b), torch.zeros_like(p)
    i, f, z, o, shown, new = walk(xs[0], y, c, W, R, b, p)
    dy, dc, dxs, dW, dR, db, dp = back(xs[1:], errors[1:], shown, new, W, R, b, p)
    dy = dy + errors[0]
    bent = torch.tanh(new)
    do = dy * bent * o * (1 - o)
    dc = dc + dy * o * (1 - bent * bent) + p[2] * do
    di, df, dz = dc * z * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - z * z)
    da = torch.cat([di, df, dz, do], 1)
    dp = dp + torch.stack([c * di, c * df, new * do]).sum(1)
    dW, dR, db = dW + torch.einsum("bs,bm->sm", da, xs[0]), dR + torch.einsum("bs,bn->sn", da, y), db + da.sum(0)
    return da @ R, dc * f + p[0] * di + p[1] * df, [da @ W, *dxs], dW, dR, db, dp


def through_time(x, errors, W, R, b, p):
    zero = x.new_zeros(len(x), R.shape[1])
    _, _, dxs, *rest = back(list(x.unbind(1)), list(errors.unbind(1)), zero, zero, W, R, b, p)
    return torch.stack(dxs, 1), *rest


def study(run, names, draws, best):
    lists = []
    for name, trials in zip(names, draws.tolist(), strict=True):
        left = [run(name, round(20 * math.exp(u * math.log(10))), 10 ** (4 * v) / 10**6) for u, v in trials]
        chosen = []
        while len(chosen) < best:
            chosen.append(left.pop(min(range(len(left)), key=lambda k: left[k][0]))[1])
        lists.append(chosen)
    m = [sum(row) / best for row in lists]
    w = [sum((one - mean) ** 2 for one in row) / (best - 1) / best for row, mean in zip(lists, m, strict=True)]
    t = torch.tensor([(a - m[0]) / math.sqrt(b + w[0]) for a, b in zip(m, w, strict=True)], dtype=torch.float64)
    degrees = [(b + w[0]) ** 2 / ((b**2 + w[0] ** 2) / (best - 1)) for b in w]
    return torch.tensor(m, dtype=torch.float64), t, torch.tensor(degrees, dtype=torch.float64)
