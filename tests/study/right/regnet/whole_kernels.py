"""Grouped kernels as whole kernels with zeros between the groups; a class for what a block holds."""

from itertools import groupby
from math import log

import torch


def edf(errors, at):
    better = torch.where(errors.unsqueeze(0) < at.unsqueeze(1), 1.0, 0.0).to(torch.float64)
    return better.sum(1) / better.shape[1]


def widths(d, w_0, w_a, w_m):
    found, u = [], float(w_0)
    for _ in range(d):
        power = round((log(u) - log(w_0)) / log(w_m))
        found.append(8 * round(w_0 * w_m**power / 8))
        u += w_a
    return torch.tensor(found, dtype=torch.int64)


def stages(each, b, g):
    rows = []
    for width, blocks in groupby(each.tolist()):
        group = min(g, width // b)
        count, rest = divmod(width // b, group)
        if 2 * rest > group or (2 * rest == group and count % 2 == 1):
            count += 1
        rows.append((count * group * b, len(list(blocks)), group))
    return tuple(torch.tensor(column) for column in zip(*rows, strict=True))


def whole(W, inputs):
    outputs, g = W.shape[:2]
    full = W.new_zeros(outputs, inputs, *W.shape[2:])
    each = outputs * g // inputs
    for i in range(inputs // g):
        full[i * each : (i + 1) * each, i * g : (i + 1) * g] = W[i * each : (i + 1) * each]
    return full


def conv_norm(x, W, gamma, beta, stride):
    h = torch.conv2d(x, whole(W, x.shape[1]), stride=stride, padding=W.shape[3] // 2)
    variance, mean = torch.var_mean(h, [0, 2, 3], correction=0)
    scale = gamma / (variance + 1e-5).sqrt()
    return h * scale[:, None, None] + (beta - mean * scale)[:, None, None]


class Block:
    def __init__(self, p, stride):
        self.p, self.stride = p, stride

    def layer(self, x, name, stride):
        return conv_norm(x, self.p["W" + name], self.p["gamma" + name], self.p["beta" + name], stride)

    def weights(self, h):
        if self.p.get("V_1") is None:
            return 1.0
        small = torch.addmm(self.p["c_1"], h.mean((-1, -2)), self.p["V_1"].T).clamp(min=0)
        gate = torch.addmm(self.p["c_2"], small, self.p["V_2"].T)
        return (1 / (1 + torch.exp(-gate)))[..., None, None]

    def __call__(self, x):
        h = self.layer(x, "_1", 1)
        h = self.layer(h * (h > 0), "_2", self.stride)
        h = h * (h > 0)
        h = self.layer(h * self.weights(h), "_3", 1)
        h = h + (self.layer(x, "_s", self.stride) if "W_s" in self.p else x)
        return h * (h > 0)


def block(x, p, stride):
    return Block(p, stride)(x)


def network(images, line, stem, blocks, W, b):
    x = conv_norm(images, stem["W"], stem["gamma"], stem["beta"], 2)
    x, before = x * (x > 0), None
    for p, width in zip(blocks, widths(*line), strict=True):
        x, before = Block(p, 1 + int(width != before))(x), width
    return torch.einsum("bchw,kc->bk", x, W) / (x.shape[2] * x.shape[3]) + b
