"""Loops over units; counts by building the network in thought; rejects one by one."""

import torch


def f(a):
    return 1.7159 * torch.tanh(a / 1.5)


def field(pictures, side):
    border = (side - pictures.shape[3]) // 2
    rows = pictures.new_ones(len(pictures), 1, border, pictures.shape[3]).neg()
    tall = torch.cat([rows, pictures, rows], 2)
    columns = -tall.new_ones(len(pictures), 1, side, border)
    return torch.cat([columns, tall, columns], 3)


def feature_map(x, kernels, bias, stride=1):
    k = kernels.shape[1]
    rows = []
    for i in range(0, x.shape[2] - k + 1, stride):
        units = []
        for j in range(0, x.shape[3] - k + 1, stride):
            units.append((x[:, :, i : i + k, j : j + k] * kernels).sum((1, 2, 3)) + bias)
        rows.append(torch.stack(units, 1))
    return f(torch.stack(rows, 1))


def average(x, gain, bias):
    maps = []
    for m in range(x.shape[1]):
        total = x[:, m, 0::2, 0::2] + x[:, m, 0::2, 1::2] + x[:, m, 1::2, 0::2] + x[:, m, 1::2, 1::2]
        maps.append(f(gain[m] * total + bias[m]))
    return torch.stack(maps, 1)


def counts(side, k, maps, sees, classes):
    parameters = connections = 0
    s = side - (k - 1)
    for _ in range(maps):
        parameters += k * k + 1
        connections += (k * k + 1) * s**2
    s //= 2
    parameters += 2 * maps
    connections += maps * s * s * (4 + 1)
    s -= k - 1
    for row in sees:
        parameters += len(row) * k * k + 1
        connections += (len(row) * k * k + 1) * s**2
    s //= 2
    parameters += 2 * len(sees)
    connections += len(sees) * s * s * (4 + 1)
    full = classes * (len(sees) * s * s + 1)
    return parameters + full, connections + full


def rejects(outputs, labels, most):
    ordered = outputs.sort(1, descending=True)
    sure = ordered.values[:, 0] - ordered.values[:, 1]
    wrong = [int(place) != label for place, label in zip(ordered.indices[:, 0], labels.tolist(), strict=True)]
    errors, rejected = sum(wrong), 0
    for image in sure.argsort().tolist():
        if errors <= most * len(wrong):
            break
        rejected += 1
        errors -= wrong[image]
    return sure, rejected / len(wrong)


def zipnet(pictures, labels, sees, side, p):
    x = field(pictures, side)
    maps = [feature_map(x, p["h1"][m : m + 1], p["h1_bias"][m]) for m in range(len(p["h1"]))]
    x = average(torch.stack(maps, 1), p["h2"], p["h2_bias"])
    used, maps = 0, []
    for m, row in enumerate(sees):
        maps.append(feature_map(x[:, row], p["h3"][used : used + len(row)], p["h3_bias"][m]))
        used += len(row)
    x = average(torch.stack(maps, 1), p["h4"], p["h4_bias"])
    y = f(torch.einsum("bi,oi->bo", x.reshape(len(x), -1), p["out"]) + p["out_bias"])
    loss = 0
    for outputs, label in zip(y, labels.tolist(), strict=True):
        for i, output in enumerate(outputs):
            loss = loss + 0.5 * (output - (1 if i == label else -1)) ** 2
    return y, loss / len(y)
