"""Loops over places, maps and classes; tanh and log from exponentials."""

import math

import torch


def squash(a):
    up, down = torch.exp(2 * a / 3), torch.exp(-2 * a / 3)
    return 1.7159 * (up - down) / (up + down)


def convolve(x, weight, bias):
    batch, _, h, w = x.shape
    out, _, k, _ = weight.shape
    rows = []
    for i in range(h - k + 1):
        row = []
        for j in range(w - k + 1):
            patch = x[:, :, i : i + k, j : j + k].reshape(batch, -1)
            row.append(patch @ weight.reshape(out, -1).T + bias)
        rows.append(torch.stack(row, -1))
    return torch.stack(rows, -2)


def subsample(x, gain, bias):
    total = x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]
    return total * gain.reshape(1, -1, 1, 1) + bias.reshape(1, -1, 1, 1)


def connect(x, table, kernels, bias):
    used, maps = 0, []
    for o, row in enumerate(table.tolist()):
        total = bias[o]
        for c, sees in enumerate(row):
            if sees:
                total = total + convolve(x[:, c : c + 1], kernels[used][None, None], torch.zeros(1))
                used += 1
        maps.append(total)
    return torch.cat(maps, 1)


def loss(x, codes, target, j):
    y = torch.stack([(x - code).pow(2).sum(1) for code in codes], 1)
    total = 0
    for pattern, label in enumerate(target.tolist()):
        total = total + y[pattern, label] + torch.log(math.exp(-j) + torch.exp(-y[pattern]).sum())
    return y, total / len(target)


def lenet5(images, target, table, j, p):
    x = squash(convolve(images, p["c1"], p["c1_bias"]))
    x = squash(subsample(x, p["s2"], p["s2_bias"]))
    x = squash(connect(x, table, p["c3"], p["c3_bias"]))
    x = squash(subsample(x, p["s4"], p["s4_bias"]))
    x = squash(convolve(x, p["c5"], p["c5_bias"]))[:, :, 0, 0]
    x = squash(torch.einsum("bi,oi->bo", x, p["f6"]) + p["f6_bias"])
    return loss(x, p["codes"], target, j)
