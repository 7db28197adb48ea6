"""Loops over windows; convolutions as sums of shifted maps; recursion over layers."""

import torch


def reach(layers):
    if not layers:
        return 1, 1
    below, apart = reach(layers[:-1])
    size, stride = layers[-1]
    return below + apart * (size - 1), apart * stride


def counts(blocks, width, side, hidden, classes):
    total, c = 0, 3
    for i, number in enumerate(blocks):
        d = width * (1, 2, 4, 8)[min(i, 3)]
        total += 9 * c * d + d + (number - 1) * (9 * d * d + d)
        c = d
    return total, total + (c * side * side + 1) * hidden + (hidden + 1) * hidden + (hidden + 1) * classes


def convolve(x, kernel, bias):
    h, w = x.shape[2:]
    wide = x.new_zeros(len(x), x.shape[1], h + 2, w + 2)
    wide[:, :, 1:-1, 1:-1] = x
    y = bias.view(1, -1, 1, 1)
    for u in range(3):
        for v in range(3):
            y = y + torch.einsum("oc,bcij->boij", kernel[:, :, u, v], wide[:, :, u : u + h, v : v + w])
    return y


def block(x, kernels, biases):
    for kernel, bias in zip(kernels, biases, strict=True):
        y = convolve(x, kernel, bias)
        x = torch.where(y > 0, y, torch.zeros_like(y))
    h, w = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
    x = x[:, :, :h, :w]
    across = torch.maximum(x[..., 0::2], x[..., 1::2])
    return torch.maximum(across[:, :, 0::2], across[:, :, 1::2])


def dense(maps, side, p):
    rows = []
    for i in range(maps.shape[2] - side + 1):
        row = []
        for j in range(maps.shape[3] - side + 1):
            h = maps[:, :, i : i + side, j : j + side].flatten(1)
            for name in ("fc6", "fc7", "fc8"):
                h = torch.addmm(p[f"{name}_bias"], h, p[name].T)
                h = h if name == "fc8" else h.clamp(min=0)
            row.append(h)
        rows.append(torch.stack(row, 2))
    return torch.stack(rows, 2)


def probabilities(scores, mirrored):
    result = 0
    for one in (scores, mirrored):
        z = one.flatten(2).mean(2)
        e = torch.exp(z - z.max(1, keepdim=True).values)
        result = result + 0.5 * e / e.sum(1, keepdim=True)
    return result


def vgg(images, blocks, side, p):
    maps = []
    for x in (images, torch.stack(images.unbind(3)[::-1], 3)):
        for i, number in enumerate(blocks, start=1):
            x = block(x, *([p[f"conv{i}_{j}{end}"] for j in range(1, number + 1)] for end in ("", "_bias")))
        maps.append(dense(x, side, p))
    return probabilities(maps[0], maps[1])
