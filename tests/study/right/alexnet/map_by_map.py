"""Loops over maps, squares and steps."""

import torch
from torch import conv2d, relu


def respond(a, n=5, k=2.0, alpha=1e-4, beta=0.75):
    maps = a.shape[1]
    result = []
    for i in range(maps):
        total = 0
        for j in range(max(0, i - n // 2), min(maps - 1, i + n // 2) + 1):
            total = total + a[:, j] ** 2
        result.append(a[:, i] * (k + alpha * total) ** -beta)
    return torch.stack(result, 1)


def pool(x, z, s):
    rows = []
    for i in range(0, x.shape[2] - z + 1, s):
        row = [x[:, :, i : i + z, j : j + z].flatten(2).max(2).values for j in range(0, x.shape[3] - z + 1, s)]
        rows.append(torch.stack(row, 2))
    return torch.stack(rows, 2)


def towers(x, weight, bias, padding):
    n, out = x.shape[1] // 2, len(weight) // 2
    first = conv2d(x[:, :n], weight[:out], bias[:out], padding=padding)
    second = conv2d(x[:, n:], weight[out:], bias[out:], padding=padding)
    return torch.cat((first, second), dim=1)


def drop(h, keep):
    if keep is None:
        return h / 2
    return torch.where(keep, h, torch.zeros_like(h))


def update(w, slopes, rates, decay):
    v, path = 0, []
    for t in range(len(slopes)):
        v = 0.9 * v - rates[t] * (slopes[t] + decay * w)
        w = v + w
        path += [w]
    return torch.stack(path)


def alexnet(images, keep, p):
    x = relu(conv2d(images, p["c1"], p["c1_bias"], 2, 2))
    x = pool(respond(x), 3, 2)
    x = relu(towers(x, p["c2"], p["c2_bias"], 2))
    x = pool(respond(x), 3, 2)
    x = relu(conv2d(x, p["c3"], p["c3_bias"], 1, 1))
    for name in ("c4", "c5"):
        x = relu(towers(x, p[name], p[f"{name}_bias"], 1))
    h = pool(x, 3, 2)[:, :, 0, 0]
    for i, name in enumerate(("f6", "f7")):
        h = drop(relu(h @ p[name].T + p[f"{name}_bias"]), keep[i] if keep else None)
    return h @ p["f8"].T + p["f8_bias"]
