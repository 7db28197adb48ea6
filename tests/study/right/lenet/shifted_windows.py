"""A sum over the places of the kernel; subsampling as means; a list of connections."""

import torch

A, S = 1.7159, 2 / 3


def squash(a):
    return A * (2 * torch.sigmoid(2 * S * a) - 1)


def convolve(x, weight, bias):
    k = weight.size(2)
    h, w = x.size(2) - k + 1, x.size(3) - k + 1
    y = bias.view(1, -1, 1, 1).expand(len(x), -1, h, w)
    for u in range(k):
        for v in range(k):
            y = y + torch.einsum("oc,bchw->bohw", weight[:, :, u, v], x[:, :, u : u + h, v : v + w])
    return y


def subsample(x, gain, bias):
    means = x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).mean((3, 5))
    return torch.einsum("m,bmhw->bmhw", 4 * gain, means) + bias.view(-1, 1, 1)


def connect(x, table, kernels, bias):
    k = kernels.shape[-1]
    windows = x.unfold(2, k, 1).unfold(3, k, 1)
    maps = [torch.zeros_like(windows[:, 0, :, :, 0, 0]) + b for b in bias]
    for kernel, (o, c) in zip(kernels, table.nonzero().tolist(), strict=True):
        maps[o] = maps[o] + (windows[:, c] * kernel).sum((-2, -1))
    return torch.stack(maps, 1)


def loss(x, codes, target, j):
    y = (x**2).sum(1, keepdim=True) - 2 * x @ codes.T + (codes**2).sum(1)
    right = y[torch.arange(len(y)), target]
    rubbish = torch.tensor(-j, dtype=y.dtype)
    return y, torch.mean(right + torch.logaddexp(torch.logsumexp(-y, 1), rubbish))


def lenet5(images, target, table, j, p):
    x = images
    for name in ("c1", "s2", "c3", "s4", "c5"):
        weight, bias = p[name], p[f"{name}_bias"]
        if name == "c3":
            x = connect(x, table, weight, bias)
        else:
            x = (convolve if name[0] == "c" else subsample)(x, weight, bias)
        x = squash(x)
    x = squash(x.squeeze(-1).squeeze(-1) @ p["f6"].T + p["f6_bias"])
    return loss(x, p["codes"], target, j)
