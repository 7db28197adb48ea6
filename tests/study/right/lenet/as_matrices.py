"""Every layer as one matrix product; the table as a mask."""

import torch


def squash(a):
    return torch.tanh(a.mul(2).div(3)).mul(1.7159)


def convolve(x, weight, bias):
    n, _, h, w = x.shape
    k = weight.shape[-1]
    windows = x.unfold(2, k, 1).unfold(3, k, 1).permute(0, 2, 3, 1, 4, 5)
    rows = windows.reshape(n * (h - k + 1) * (w - k + 1), -1)
    y = torch.addmm(bias, rows, weight.flatten(1).t())
    return y.view(n, h - k + 1, w - k + 1, -1).permute(0, 3, 1, 2)


def subsample(x, gain, bias):
    maps = x.shape[1]
    kernels = torch.eye(maps, dtype=x.dtype)[:, :, None, None] * gain[:, None, None, None]
    return convolve(x, kernels.expand(-1, -1, 2, 2), bias)[:, :, ::2, ::2]


def connect(x, table, kernels, bias):
    out, inputs = table.shape
    place = table.flatten().cumsum(0) - 1
    dense = kernels[place.clamp(min=0)].view(out, inputs, *kernels.shape[1:])
    return convolve(x, dense * table[:, :, None, None], bias)


def loss(x, codes, target, j):
    y = (x.unsqueeze(1) - codes.unsqueeze(0)).square().sum(-1)
    chosen = torch.eye(len(codes), dtype=x.dtype)[target]
    scores = torch.cat([-y, -j * torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    return y, ((chosen * y).sum() + scores.exp().sum(1).log().sum()) / len(x)


def lenet5(images, target, table, j, p):
    maps = squash(subsample(squash(convolve(images, p["c1"], p["c1_bias"])), p["s2"], p["s2_bias"]))
    maps = squash(subsample(squash(connect(maps, table, p["c3"], p["c3_bias"])), p["s4"], p["s4_bias"]))
    units = squash(maps.flatten(1) @ p["c5"].flatten(1).T + p["c5_bias"])
    return loss(squash(torch.addmm(p["f6_bias"], units, p["f6"].T)), p["codes"], target, j)
