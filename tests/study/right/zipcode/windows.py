"""Unfolded windows and products of matrices; a mask for the table."""

import torch


def squashed(a):
    return 1.7159 * (1 - 2 / (1 + torch.exp(4 * a / 3)))


def field(pictures, side):
    border = (side - pictures.shape[-1]) // 2
    return torch.constant_pad_nd(pictures, (border, border, border, border), -1.0)


def feature_map(x, kernels, bias, stride=1):
    k = kernels.shape[-1]
    windows = x.unfold(2, k, stride).unfold(3, k, stride)
    rows = windows.permute(0, 2, 3, 1, 4, 5).flatten(3)
    return squashed(rows @ kernels.flatten() + bias)


def average(x, gain, bias):
    mean = x.unflatten(2, (-1, 2)).unflatten(4, (-1, 2)).mean((3, 5))
    return squashed(4 * gain.view(-1, 1, 1) * mean + bias.view(-1, 1, 1))


def counts(side, k, maps, sees, classes):
    sources = [len(row) for row in sees]
    sides = [side - k + 1]
    sides += [sides[0] // 2, sides[0] // 2 - k + 1]
    sides += [sides[2] // 2]
    weights = [maps * k**2, maps, sum(sources) * k**2, len(sees), classes * len(sees) * sides[3] ** 2]
    biases = [maps, maps, len(sees), len(sees), classes]
    uses = [sides[0] ** 2, sides[1] ** 2, sides[2] ** 2, sides[3] ** 2, 1]
    fields = [1, 4, 1, 4, 1]  # how often a unit uses a weight
    parameters = sum(weights) + sum(biases)
    connections = sum((w * n + b) * u for w, n, b, u in zip(weights, fields, biases, uses, strict=True))
    return parameters, connections


def rejects(outputs, labels, most):
    first, second = outputs.topk(2).values.unbind(1)
    sure = first - second
    wrong = outputs.max(1).indices.ne(labels)
    order = sure.argsort()
    left = torch.cat([wrong[order].flip(0).cumsum(0).flip(0), torch.zeros(1, dtype=torch.long)])
    return sure, (left > most * len(labels)).sum() / torch.tensor(len(labels), dtype=torch.float64)


def zipnet(pictures, labels, sees, side, p):
    x = field(pictures, side)
    h1 = torch.stack([feature_map(x, p["h1"][[m]], p["h1_bias"][m]) for m in range(p["h1"].shape[0])], dim=1)
    h2 = average(h1, p["h2"], p["h2_bias"])
    dense = h2.new_zeros(len(sees), h2.shape[1], *p["h3"].shape[1:])
    to = torch.tensor([m for m, row in enumerate(sees) for _ in row])
    source = torch.tensor([s for row in sees for s in row])
    dense = dense.index_put((to, source), p["h3"])
    h3 = torch.stack([feature_map(h2, kernels, b) for kernels, b in zip(dense, p["h3_bias"], strict=True)], dim=1)
    h4 = average(h3, p["h4"], p["h4_bias"])
    y = squashed(torch.addmm(p["out_bias"], h4.flatten(1), p["out"].T))
    targets = 2 * torch.eye(y.shape[1], dtype=y.dtype)[labels] - 1
    return y, (y - targets).square().sum() / (2 * len(y))
