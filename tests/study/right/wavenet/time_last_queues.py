"""Channels last, shifts along time, and queues as lists of single inputs."""

import torch


def encode(x, levels):
    mu = torch.tensor(float(levels - 1), dtype=x.dtype)
    size = torch.minimum(x.abs(), torch.ones_like(x))
    y = torch.log1p(mu * size) / torch.log1p(mu)
    y = torch.where(x < 0, -y, y)
    return torch.round((y + 1) * mu / 2).long()


def decode(codes, levels):
    mu = levels - 1
    table = []
    for code in range(levels):
        y = 2 * code / mu - 1
        size = ((1 + mu) ** abs(y) - 1) / mu
        table.append(size if y > 0 else -size)
    return torch.tensor(table, dtype=torch.float64)[codes]


def shifted(x, steps):
    """The input as it was so many steps before, zeros at the start; time is the second dimension."""
    if steps == 0:
        return x
    return torch.cat([torch.zeros_like(x[:, :steps]), x], 1)[:, : x.shape[1]]


def turned(x, W, b, dilation):
    kernel = W.shape[2]
    return sum(shifted(x, (kernel - 1 - j) * dilation) @ W[:, :, j].T for j in range(kernel)) + b


def causal(x, W, b, dilation):
    return turned(x.transpose(1, 2), W, b, dilation).transpose(1, 2)


def unit(a, S, s):
    f, g = (a + (s @ S.T)[:, None]).tensor_split(2, -1)
    return torch.tanh(f) / (1 + torch.exp(-g))


def layer(x, s, W, b, S, U, u, V, v, dilation):
    x = x.transpose(1, 2)
    z = unit(turned(x, W, b, dilation), S, s)
    return (x + z @ U.T + u).transpose(1, 2), (z @ V.T + v).transpose(1, 2)


def output(total, p):
    hidden = torch.relu(torch.relu(total) @ p["O1"].T + p["o1"])
    return hidden @ p["O2"].T + p["o2"]


def wavenet(tokens, s, dilations, p):
    x = p["E"][tokens].transpose(1, 2)
    total = 0.0
    for stacked in zip(*(p[name] for name in ("W", "b", "S", "U", "u", "V", "v")), dilations, strict=True):
        x, skip = layer(x, s, *stacked)
        total = total + skip
    return output(total.transpose(1, 2), p)


def write(prompt, steps, s, dilations, p):
    kernel, residual = p["W"].shape[-1], p["E"].shape[1]
    zero = torch.zeros(len(prompt), residual, dtype=s.dtype)
    queues = [[zero] * ((kernel - 1) * d) for d in dilations]

    def one(token):
        x, total = p["E"][token], 0.0
        for n, d in enumerate(dilations):
            queues[n].append(x)
            a = p["b"][n]
            for j in range(kernel):
                a = a + queues[n][-1 - (kernel - 1 - j) * d] @ p["W"][n, :, :, j].T
            queues[n].pop(0)
            z = unit(a[:, None], p["S"][n], s)[:, 0]
            x, total = x + z @ p["U"][n].T + p["u"][n], total + z @ p["V"][n].T + p["v"][n]
        return output(total, p)

    for token in prompt.T:
        logits = one(token)
    written, seen = [], []
    while True:
        seen.append(logits)
        written.append(logits.argmax(1))
        if len(written) == steps:
            return torch.stack(written, 1), torch.stack(seen, 1)
        logits = one(written[-1])
