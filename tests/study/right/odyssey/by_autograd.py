"""One step for all variants, with what is missing given as a choice; gradients by autograd."""

import statistics

import torch


def general(x, y, c, W, R, b, p, name="V", fed=None):
    n = c.size(1)
    sums = torch.cat([x, y], 1) @ torch.cat([W, R], 1).t() + b
    feed = torch.zeros(c.size(0), 3 * n, dtype=c.dtype) if fed is None else fed
    peep = p * (name != "NP")
    i = torch.sigmoid(sums[:, :n] + peep[0] * c + feed[:, :n])
    f = torch.sigmoid(sums[:, n : 2 * n] + peep[1] * c + feed[:, n : 2 * n])
    z = sums[:, 2 * n : 3 * n]
    if name == "NIG":
        i = i.new_ones(i.shape)
    if name == "NFG":
        f = f.new_ones(f.shape)
    elif name == "CIFG":
        f = 1.0 - i
    if name != "NIAF":
        z = torch.tanh(z)
    c = f * c + i * z
    o = torch.sigmoid(sums[:, 3 * n :] + peep[2] * c + feed[:, 2 * n :])
    if name == "NOG":
        o = o.new_ones(o.shape)
    return o * (c if name == "NOAF" else torch.tanh(c)), c, torch.cat((i, f, o), dim=1)


def vanilla(x, y, c, W, R, b, p):
    return general(x, y, c, W, R, b, p)[:2]


def variant(name, x, y, c, W, R, b, p):
    return general(x, y, c, W, R, b, p, name)[:2]


def full_recurrence(x, y, c, gates, W, R, b, p, G):
    return general(x, y, c, W, R, b, p, fed=torch.mm(G, gates.t()).t())


def size(name, inputs, hidden):
    total = 0
    for block in "ifzo":
        if (name, block) in {("NIG", "i"), ("NFG", "f"), ("CIFG", "f"), ("NOG", "o")}:
            continue
        total += hidden * inputs + hidden**2 + hidden
        total += hidden if block != "z" and name != "NP" else 0
    return total + (9 * hidden**2 if name == "FGR" else 0)


def through_time(x, errors, W, R, b, p):
    leaves = [value.clone().requires_grad_() for value in (x, W, R, b, p)]
    inputs, *weights = leaves
    y = c = torch.zeros_like(errors[:, 0])
    total = 0.0
    for t in range(x.size(1)):
        y, c = vanilla(inputs[:, t], y, c, *weights)
        total = total + (y * errors[:, t]).sum()
    return torch.autograd.grad(total, leaves)


def study(run, names, draws, best):
    scores = []
    for name, trials in zip(names, draws, strict=True):
        found = []
        for trial in trials:
            cells, rate = 20 * 10 ** trial[0].item(), 10 ** (-6 + 4 * trial[1].item())
            found.append(run(name, round(cells), rate))
        found.sort(key=lambda pair: pair[0])
        scores.append([pair[1] for pair in found[:best]])
    m = [statistics.mean(row) for row in scores]
    w = [statistics.variance(row) / len(row) for row in scores]
    t = [(mean - m[0]) / (part + w[0]) ** 0.5 for mean, part in zip(m, w, strict=True)]
    d = [(part + w[0]) ** 2 * (best - 1) / (part * part + w[0] * w[0]) for part in w]
    return tuple(torch.tensor(row, dtype=torch.float64) for row in (m, t, d))
