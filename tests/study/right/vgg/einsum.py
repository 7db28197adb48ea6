"""einsum for the linear layers; the mirror image by turned kernels."""

from math import prod

import torch
from torch import einsum


def reach(layers):
    strides = [stride for _, stride in layers]
    pixels = 1 + sum((size - 1) * prod(strides[:i]) for i, (size, _) in enumerate(layers))
    return pixels, prod(strides)


def counts(blocks, width, side, hidden, classes):
    last, weights, biases = 3, 0, 0
    for i, number in enumerate(blocks):
        channels = width * 2 ** min(i, 3)
        sources = last + channels * (number - 1)
        weights, biases, last = weights + 9 * channels * sources, biases + channels * number, channels
    linear = hidden * (last * side * side + hidden + classes) + 2 * hidden + classes
    return weights + biases, weights + biases + linear


def block(x, kernels, biases):
    for kernel, bias in zip(kernels, biases, strict=True):
        windows = torch.constant_pad_nd(x, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1)
        x = (einsum("bcijuv,ocuv->boij", windows, kernel) + bias[:, None, None]).relu()
    return x.unfold(2, 2, 2).unfold(3, 2, 2).amax((-1, -2))


def dense(maps, side, p):
    windows = maps.unfold(2, side, 1).unfold(3, side, 1)
    first = p["fc6"].view(len(p["fc6"]), -1, side, side)
    h = (einsum("bcijuv,ocuv->bijo", windows, first) + p["fc6_bias"]).relu()
    h = (einsum("bijh,oh->bijo", h, p["fc7"]) + p["fc7_bias"]).relu()
    return einsum("bijh,oh->boij", h, p["fc8"]) + p["fc8_bias"][:, None, None]


def probabilities(scores, mirrored):
    def log_shares(one):
        return torch.log_softmax(einsum("bcij->bc", one) / one[0, 0].numel(), 1)

    return (log_shares(scores).exp() + log_shares(mirrored).exp()).div(2)


def vgg(images, blocks, side, p):
    def scores(x, turned):
        for i, number in enumerate(blocks, 1):
            names = [f"conv{i}_{j + 1}" for j in range(number)]
            kernels = [p[n].flip(3) if turned else p[n] for n in names]
            x = block(x, kernels, [p[f"{n}_bias"] for n in names])
        return dense(x.flip(3) if turned else x, side, p)

    return probabilities(scores(images, False), scores(images, True))
