"""Modules that hold the parameters they are given, as a framework would have them."""

import torch
from torch.nn import Module


class ConvNorm(Module):
    def __init__(self, W, gamma, beta, stride=1):
        super().__init__()
        self.W, self.gamma, self.beta, self.stride = W, gamma, beta, stride

    def forward(self, x):
        size = self.W.size(2)
        h = torch.conv2d(x, self.W, None, self.stride, (size - 1) // 2)
        variance, mean = torch.var_mean(h, (0, 2, 3), correction=0, keepdim=True)
        scale = self.gamma.view(1, -1, 1, 1) / (variance + 1e-5) ** 0.5
        return (h - mean) * scale + self.beta.view(1, -1, 1, 1)


class Zeros(Module):
    def __init__(self, outputs, stride):
        super().__init__()
        self.outputs, self.stride = outputs, stride

    def forward(self, x):
        x = torch.max_pool2d(x, 1, self.stride)  # of one pixel: the first of each
        missing = self.outputs - x.size(1)
        left = x.new_zeros(x.size(0), missing // 2, x.size(2), x.size(3))
        right = x.new_zeros(x.size(0), missing - missing // 2, x.size(2), x.size(3))
        return torch.cat((left, x, right), dim=1)


class Residual(Module):
    def __init__(self, p, stride, count):
        super().__init__()
        names = [str(i) for i in range(1, count + 1)]
        steps = [stride] + [1] * (count - 1)
        self.layers = [ConvNorm(p[f"W_{i}"], p[f"gamma_{i}"], p[f"beta_{i}"], s)
                       for i, s in zip(names, steps, strict=True)]  # fmt: skip
        self.around = Zeros(len(p[f"W_{count}"]), stride)
        if "W_s" in p:
            self.around = ConvNorm(p["W_s"], p["gamma_s"], p["beta_s"], stride)

    def forward(self, x):
        *first, last = self.layers
        h = x
        for layer in first:
            h = layer(h).relu()
        return (last(h) + self.around(x)).relu()


def conv_norm(x, W, gamma, beta, stride):
    return ConvNorm(W, gamma, beta, stride)(x)


def shortcut(x, outputs, stride):
    return Zeros(outputs, stride)(x)


def block(x, p, stride):
    return Residual(p, stride, 2)(x)


def bottleneck(x, p, stride):
    return Residual(p, stride, 3)(x)


def plan(n, width):
    table = torch.ones(3, n, 3, dtype=torch.long)
    for stage in range(3):
        table[stage, :, :2] = width * 2**stage
    table[1:, 0, 0] = table[:-1, 0, 1]
    table[1:, 0, 2] = 2
    return table.view(-1, 3)


def network(images, n, stem, blocks, W, b):
    x = ConvNorm(**stem)(images).relu()
    for (_, _, stride), p in zip(plan(n, x.size(1)).tolist(), blocks, strict=True):
        x = Residual(p, stride, 2)(x)
    return torch.addmm(b, x.mean(dim=(-2, -1)), W.t())
