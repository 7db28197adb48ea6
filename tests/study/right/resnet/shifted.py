"""A convolution as a sum of shifted images; norms from sums; blocks by recursion."""

import torch


def conv_norm(x, W, gamma, beta, stride):
    k, (height, width) = W.shape[-1], x.shape[2:]
    wide = x.new_zeros(*x.shape[:2], height + k - 1, width + k - 1)
    wide[:, :, k // 2 : k // 2 + height, k // 2 : k // 2 + width] = x
    h = 0
    for i in range(k):
        for j in range(k):
            seen = wide[:, :, i : i + height, j : j + width][:, :, ::stride, ::stride]
            h = h + torch.tensordot(seen, W[:, :, i, j], dims=([1], [1])).permute(0, 3, 1, 2)
    count = h[:, 0].numel()
    mean = h.sum((0, 2, 3)) / count
    h = h - mean.reshape(1, -1, 1, 1)
    variance = (h * h).sum((0, 2, 3)) / count
    return h * (gamma / torch.sqrt(variance + 1e-5)).reshape(1, -1, 1, 1) + beta.reshape(1, -1, 1, 1)


def shortcut(x, outputs, stride):
    batch, inputs, height, width = x.shape
    first = (outputs - inputs) // 2
    y = x.new_zeros(batch, outputs, -(-height // stride), -(-width // stride))
    y[:, first : first + inputs] = x[..., ::stride, ::stride]
    return y


def rectified(x):
    return torch.maximum(x, torch.zeros_like(x))


def layer(x, p, name, stride=1):
    return conv_norm(x, p[f"W_{name}"], p[f"gamma_{name}"], p[f"beta_{name}"], stride)


def block(x, p, stride):
    learned = layer(rectified(layer(x, p, 1, stride)), p, 2)
    if "W_s" in p:
        return rectified(learned + layer(x, p, "s", stride))
    return rectified(learned + shortcut(x, learned.shape[1], stride))


def bottleneck(x, p, stride):
    learned = layer(rectified(layer(rectified(layer(x, p, 1, stride)), p, 2)), p, 3)
    return rectified(learned + (layer(x, p, "s", stride) if "W_s" in p else x))


def plan(n, width):
    first = [[width, width, 1]] * n
    second = [[width, 2 * width, 2]] + [[2 * width, 2 * width, 1]] * (n - 1)
    third = [[2 * width, 4 * width, 2]] + [[4 * width, 4 * width, 1]] * (n - 1)
    return torch.tensor(first + second + third)


def walk(x, blocks, strides):
    return walk(block(x, blocks[0], strides[0]), blocks[1:], strides[1:]) if blocks else x


def network(images, n, stem, blocks, W, b):
    x = rectified(conv_norm(images, stem["W"], stem["gamma"], stem["beta"], 1))
    maps = walk(x, blocks, [row[2] for row in plan(n, x.shape[1]).tolist()])
    return maps.flatten(2).mean(2).matmul(W.t()).add(b)
