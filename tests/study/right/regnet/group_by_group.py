"""Every group has a convolution of its own; loops over blocks and stages."""

import math

import torch


def edf(errors, at):
    found = []
    for e in at.tolist():
        found.append(sum(one < e for one in errors.tolist()) / len(errors))
    return torch.tensor(found, dtype=torch.float64)


def widths(d, w_0, w_a, w_m):
    powers = [round(math.log((w_0 + w_a * j) / w_0, w_m)) for j in range(d)]
    return torch.tensor([round(w_0 * math.pow(w_m, power) / 8) * 8 for power in powers])


def stages(each, b, g):
    wide, depths, groups = [], [], []
    last = None
    for width in each.tolist():
        if width == last:
            depths[-1] += 1
            continue
        inside = width // b
        group = g if g < inside else inside
        wide.append(round(inside / group) * group * b)
        depths.append(1)
        groups.append(group)
        last = width
    return torch.tensor(wide), torch.tensor(depths), torch.tensor(groups)


def conv_norm(x, W, gamma, beta, stride):
    size = W.shape[1]
    parts = x.split(size, 1)
    kernels = W.chunk(len(parts), 0)
    pad = (W.shape[2] - 1) // 2
    h = torch.cat([torch.conv2d(a, b, None, stride, pad) for a, b in zip(parts, kernels, strict=True)], 1)
    maps = []
    for k in range(h.shape[1]):
        one = h[:, k]
        one = (one - one.mean()) / torch.sqrt(((one - one.mean()) ** 2).mean() + 1e-5)
        maps.append(gamma[k] * one + beta[k])
    return torch.stack(maps, 1)


def block(x, p, stride):
    def layer(x, i, step):
        return conv_norm(x, p[f"W_{i}"], p[f"gamma_{i}"], p[f"beta_{i}"], step)

    h = layer(layer(x, 1, 1).relu(), 2, stride).relu()
    if "V_1" in p:
        small = torch.stack([p["V_1"] @ one.mean((1, 2)) + p["c_1"] for one in h]).relu()
        weight = torch.stack([p["V_2"] @ one + p["c_2"] for one in small]).sigmoid()
        h = torch.einsum("bchw,bc->bchw", h, weight)
    return (layer(h, 3, 1) + (layer(x, "s", stride) if "W_s" in p else x)).relu()


def network(images, line, stem, blocks, W, b):
    x = conv_norm(images, stem["W"], stem["gamma"], stem["beta"], 2).relu()
    number = 0
    for depth in stages(widths(*line), 1, 1)[1].tolist():
        for j in range(depth):
            x = block(x, blocks[number], 2 if j == 0 else 1)
            number += 1
    return x.mean((2, 3)) @ W.T + b
