"""Loops over pixels and squares; what is below zero by where."""

import torch


def rectified(a):
    return torch.where(a > 0, a, torch.zeros((), dtype=a.dtype))


def across(x, W, b):
    rows = []
    for i in range(x.shape[2]):
        rows.append(torch.stack([rectified(x[:, :, i, j] @ W.T + b) for j in range(x.shape[3])], 2))
    return torch.stack(rows, 2)


def mlpconv(x, kernels, b_1, W_2, b_2, W_3, b_3):
    n, k = kernels.shape[0], kernels.shape[3]
    _, _, height, width = x.shape
    wide = x.new_zeros(x.shape[0], x.shape[1], height + k - 1, width + k - 1)
    wide[:, :, k // 2 : k // 2 + height, k // 2 : k // 2 + width] = x
    result = x.new_zeros(x.shape[0], W_3.shape[0], height, width)
    for i in range(height):
        for j in range(width):
            f = wide[:, :, i : i + k, j : j + k].flatten(1)
            for W, b in ((kernels.view(n, -1), b_1), (W_2, b_2), (W_3, b_3)):
                f = rectified(f @ W.T + b)
            result[:, :, i, j] = f
    return result


def pool(x):
    _, _, height, width = x.shape
    rows = []
    for i in range(0, height - 1, 2):
        rows.append(torch.stack([x[:, :, i : i + 3, j : j + 3].amax((2, 3)) for j in range(0, width - 1, 2)], 2))
    return torch.stack(rows, 2)


def averaging(classes, height, width):
    pixels = height * width
    matrix = torch.zeros(classes, classes * pixels, dtype=torch.float64)
    for c in range(classes):
        matrix[c, c * pixels : (c + 1) * pixels] = 1 / pixels
    return matrix


def loss(maps, target):
    logits = maps.flatten(2).sum(2) / maps[0, 0].numel()
    total = 0
    for row, t in zip(logits, target.tolist(), strict=True):
        total = total + row.exp().sum().log() - row[t]
    return logits, total / len(target)


def nin(images, p):
    x, cccp = images, 0
    for number in (1, 2, 3):
        names = [f"conv{number}", f"cccp{cccp + 1}", f"cccp{cccp + 2}"]
        cccp += 2
        x = mlpconv(x, *(p[name + end] for name in names for end in ("", "_bias")))
        if number < 3:
            x = pool(x)
    return x.mean(-1).mean(-1)
