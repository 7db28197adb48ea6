"""A module of torch for each part; the losses one after the other."""

import torch
from torch import conv2d, max_pool2d, relu
from torch.nn import Module


def reduced(x, W, b, kernels, c):
    narrow = relu(torch.einsum("bchw,nc->bnhw", x, W) + b.view(-1, 1, 1))
    k = kernels.shape[2]
    return relu(conv2d(torch.constant_pad_nd(narrow, (k // 2,) * 4), kernels, c))


def pooled(x, W, b):
    x = max_pool2d(torch.constant_pad_nd(x, (1, 1, 1, 1), float("-inf")), 3, 1)
    return relu(torch.einsum("bchw,nc->bnhw", x, W) + b[:, None, None])


class Inception(Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        p = self.p
        branches = [relu(conv2d(x, p["one"][..., None, None], p["one_bias"]))]
        for small, large in (("reduce3", "three"), ("reduce5", "five")):
            branches.append(reduced(x, p[small], p[f"{small}_bias"], p[large], p[f"{large}_bias"]))
        branches.append(pooled(x, p["project"], p["project_bias"]))
        return torch.cat(branches, dim=1)


def inception(x, p):
    return Inception(p)(x)


def cost(channels, widths):
    a, b_r, b, d_r, d, p = widths
    weights = channels * a + channels * b_r + 9 * b_r * b + channels * d_r + 25 * d_r * d + channels * p
    naive = channels * a + 9 * channels * b + 25 * channels * d
    return weights, a + b + d + p, naive, a + b + d + channels


def auxiliary(x, p):
    rows = []
    for i in range(0, x.shape[2] - 4, 3):
        rows.append(torch.stack([x[:, :, i : i + 5, j : j + 5].mean((2, 3)) for j in range(0, x.shape[3] - 4, 3)], 2))
    means = torch.stack(rows, 2)
    narrow = relu(conv2d(means, p["conv"][:, :, None, None], p["conv_bias"]))
    hidden = relu(torch.addmm(p["fc1_bias"], narrow.reshape(len(x), -1), p["fc1"].T))
    return torch.addmm(p["fc2_bias"], hidden, p["fc2"].T)


def googlenet(images, target, p):
    parts = {}
    for name, value in p.items():
        if "." in name:
            part, own = name.split(".")
            parts.setdefault(part, {})[own] = value
    x = relu(conv2d(images, p["stem"], p["stem_bias"], 2, 1))
    seen = {}
    for name in ("3a", "4a", "4d", "5b"):
        if name in ("4a", "5b"):
            x = max_pool2d(x, 3, 2, 0, 1, True)
        x = seen[name] = Inception(parts[name])(x)
    logits = torch.addmm(p["fc_bias"], x.flatten(2).mean(2), p["fc"].T)
    loss = 0
    for weight, one in ((1, logits), (0.3, auxiliary(seen["4a"], parts["aux1"])),
                        (0.3, auxiliary(seen["4d"], parts["aux2"]))):  # fmt: skip
        loss = loss + weight * (one.logsumexp(1) - one[torch.arange(len(one)), target]).mean()
    return logits, loss
