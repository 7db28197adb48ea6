"""Convolutions as sums of shifted maps; the largest of shifted maps; the modules in a loop over names."""

import torch
from torch import einsum


def shifts(x, k, value=0.0):
    h, w = x.shape[2:]
    wide = torch.constant_pad_nd(x, (k // 2,) * 4, value)
    return [wide[:, :, u : u + h, v : v + w] for u in range(k) for v in range(k)]


def convolve(x, kernels, c):
    if kernels.ndim == 2:
        kernels = kernels[:, :, None, None]
    k = kernels.shape[-1]
    y = einsum("boijs,cos->bcij", torch.stack(shifts(x, k), -1), kernels.flatten(2))
    return torch.clamp_min(y + c.view(1, -1, 1, 1), 0)


def reduced(x, W, b, kernels, c):
    return convolve(convolve(x, W, b), kernels, c)


def pooled(x, W, b):
    return convolve(torch.stack(shifts(x, 3, -torch.inf)).amax(0), W, b)


def inception(x, p):
    def layer(x, name):
        return convolve(x, p[name], p[f"{name}_bias"])

    three, five = layer(layer(x, "reduce3"), "three"), layer(layer(x, "reduce5"), "five")
    return torch.cat((layer(x, "one"), three, five, pooled(x, p["project"], p["project_bias"])), 1)


def cost(channels, widths):
    (one, three, five), (reduce3, reduce5) = widths[::2], widths[1:4:2]
    weights = channels * (sum(widths) - three - five) + reduce3 * three * 3**2 + reduce5 * five * 5**2
    out = one + three + five
    return (
        weights,
        out + widths[-1],
        sum(channels * n * k * k for n, k in zip(widths[::2], (1, 3, 5), strict=True)),
        (out + channels),
    )


def auxiliary(x, p):
    down, over = (x.shape[2] - 5) // 3 + 1, (x.shape[3] - 5) // 3 + 1
    total = 0
    for u in range(5):
        for v in range(5):
            total = total + x[:, :, u : u + 3 * down - 2 : 3, v : v + 3 * over - 2 : 3]
    h = convolve(total / 25, p["conv"], p["conv_bias"]).reshape(len(x), -1)
    h = torch.clamp_min(einsum("bi,oi->bo", h, p["fc1"]) + p["fc1_bias"], 0)
    return einsum("bi,oi->bo", h, p["fc2"]) + p["fc2_bias"]


def googlenet(images, target, p):
    x = convolve(images, p["stem"], p["stem_bias"])[:, :, ::2, ::2]
    total, heads = 0, {"4a": "aux1", "4d": "aux2"}
    for name in ("3a", "4a", "4d", "5b"):
        x = inception(x, {key.split(".")[1]: p[key] for key in p if key.startswith(name)})
        if name in heads:
            head = {key[5:]: p[key] for key in p if key.startswith(heads[name])}
            total = total + 3 * right(auxiliary(x, head), target) / 10
        if name in ("3a", "4d"):
            x = torch.max_pool2d(x, 3, 2, ceil_mode=True)
    logits = x.mean((2, 3)) @ p["fc"].mT + p["fc_bias"]
    return logits, total + right(logits, target)


def right(logits, target):
    shares = torch.softmax(logits, 1)
    return -torch.stack([row[t].log() for row, t in zip(shares, target, strict=True)]).mean()
