"""Convolutions as matrix products of patches."""

import torch


def conv(x, W, stride):
    k = W.shape[-1]
    x = torch.constant_pad_nd(x, (k // 2,) * 4)
    patches = x.unfold(2, k, stride).unfold(3, k, stride)
    return torch.einsum("bihwkl,oikl->bohw", patches, W)


def conv_norm(x, W, gamma, beta, stride):
    h = conv(x, W, stride)
    rows = h.transpose(0, 1).flatten(1)
    rows = (rows - rows.mean(1, keepdim=True)) * torch.rsqrt(rows.var(1, correction=0, keepdim=True) + 1e-5)
    rows = gamma[:, None] * rows + beta[:, None]
    return rows.unflatten(1, (h.shape[0], *h.shape[2:])).transpose(0, 1)


def shortcut(x, outputs, stride):
    more = outputs - x.shape[1]
    rows, columns = torch.arange(0, x.shape[2], stride), torch.arange(0, x.shape[3], stride)
    taken = x.index_select(2, rows).index_select(3, columns)
    return torch.constant_pad_nd(taken, [0, 0, 0, 0, more // 2, (more + 1) // 2])


def around(x, p, stride, outputs):
    if p.get("W_s") is None:
        return shortcut(x, outputs, stride)
    return conv_norm(x, p["W_s"], p["gamma_s"], p["beta_s"], stride)


def block(x, p, stride):
    h = x
    for i, step in (("1", stride), ("2", 1)):
        h = conv_norm(torch.relu(h) if i == "2" else h, p["W_" + i], p["gamma_" + i], p["beta_" + i], step)
    return torch.relu(h + around(x, p, stride, h.shape[1]))


def bottleneck(x, p, stride):
    h = x
    for i, step in (("1", stride), ("2", 1), ("3", 1)):
        h = conv_norm(h, p["W_" + i], p["gamma_" + i], p["beta_" + i], step)
        h = torch.relu(h) if i != "3" else h
    return torch.relu(h + around(x, p, stride, h.shape[1]))


def plan(n, width):
    outputs = torch.tensor([1, 2, 4]).repeat_interleave(n) * width
    inputs = torch.cat([torch.tensor([width]), outputs[:-1]])
    return torch.stack([inputs, outputs, 1 + (outputs > inputs).long()], 1)


def network(images, n, stem, blocks, W, b):
    x = torch.relu(conv_norm(images, stem["W"], stem["gamma"], stem["beta"], 1))
    for number, p in enumerate(blocks):
        x = block(x, p, 2 if number in (n, 2 * n) else 1)
    return torch.einsum("bchw,kc->bk", x, W) / x[0, 0].numel() + b
