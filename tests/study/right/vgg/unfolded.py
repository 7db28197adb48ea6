"""From the last layer down; linear layers on unfolded windows."""

from itertools import pairwise

import torch
from torch import conv2d, max_pool2d, relu


def reach(layers):
    pixels, apart = 1, 1
    for size, stride in reversed(layers):
        pixels = (pixels - 1) * stride + size
        apart = apart * stride
    return pixels, apart


def counts(blocks, width, side, hidden, classes):
    widths = [3]
    for i, number in enumerate(blocks):
        widths += [min(width << i, 8 * width)] * number
    convolutions = sum(9 * a * b + b for a, b in pairwise(widths))
    units = [widths[-1] * side**2, hidden, hidden, classes]
    return convolutions, convolutions + sum((a + 1) * b for a, b in pairwise(units))


def block(x, kernels, biases):
    for i in range(len(kernels)):
        x = relu(conv2d(x, kernels[i], biases[i], 1, 1))
    return max_pool2d(x, 2, 2)


def dense(maps, side, p):
    windows = maps.unfold(2, side, 1).unfold(3, side, 1)
    h = windows.permute(0, 2, 3, 1, 4, 5).flatten(3)
    h = relu(h @ p["fc6"].T + p["fc6_bias"])
    h = relu(h @ p["fc7"].T + p["fc7_bias"])
    return (h @ p["fc8"].T + p["fc8_bias"]).permute(0, 3, 1, 2)


def probabilities(scores, mirrored):
    both = torch.stack([scores, mirrored]).mean((3, 4))
    return both.softmax(2).mean(0)


def vgg(images, blocks, side, p):
    x = torch.cat([images, images.flip(3)])
    for i, number in enumerate(blocks):
        names = [f"conv{i + 1}_{j + 1}" for j in range(number)]
        x = block(x, [p[n] for n in names], [p[n + "_bias"] for n in names])
    return probabilities(*dense(x, side, p).chunk(2))
