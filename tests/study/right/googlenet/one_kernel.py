"""All that sees x itself in one convolution; 1x1 kernels as products with the channels last."""

import torch


def pointwise(x, W, b):
    return (x.movedim(1, -1) @ W.T + b).movedim(-1, 1).clamp(min=0)


def large(x, kernels, c):
    border = kernels.shape[-1] // 2
    return torch.conv2d(x, kernels, c, padding=border).clamp(min=0)


def reduced(x, W, b, kernels, c):
    return large(pointwise(x, W, b), kernels, c)


def pooled(x, W, b):
    for dim in (2, 3):
        edge = torch.full_like(x.narrow(dim, 0, 1), -torch.inf)
        x = torch.cat([edge, x, edge], dim).unfold(dim, 3, 1).amax(-1)
    return pointwise(x, W, b)


def inception(x, p):
    names = ("one", "reduce3", "reduce5")
    W, b = (torch.cat([p[name + end] for name in names]) for end in ("", "_bias"))
    first, three, five = pointwise(x, W, b).split([len(p[name]) for name in names], 1)
    three, five = large(three, p["three"], p["three_bias"]), large(five, p["five"], p["five_bias"])
    return torch.hstack([first, three, five, pooled(x, p["project"], p["project_bias"])])


def cost(channels, widths):
    one, reduce3, three, reduce5, five, project = widths
    pairs = [(1, channels, one), (1, channels, reduce3), (3, reduce3, three), (1, channels, reduce5),
             (5, reduce5, five), (1, channels, project)]  # fmt: skip
    plain = [(1, channels, one), (3, channels, three), (5, channels, five)]
    weights, naive = (sum(k * k * a * b for k, a, b in rows) for rows in (pairs, plain))
    rest = one + three + five
    return weights, rest + project, naive, rest + channels


def auxiliary(x, p):
    ones = torch.full((x.shape[1], 1, 5, 5), 1 / 25, dtype=x.dtype)
    means = torch.conv2d(x, ones, stride=3, groups=x.shape[1])
    h = pointwise(means, p["conv"], p["conv_bias"]).flatten(1)
    h = torch.relu(h @ p["fc1"].T + p["fc1_bias"])
    return h @ p["fc2"].T + p["fc2_bias"]


def part(p, name):
    return {key[len(name) + 1 :]: value for key, value in p.items() if key.split(".")[0] == name}


def halved(x):
    beyond = [n % 2 == 0 for n in x.shape[2:]]
    x = torch.constant_pad_nd(x, (0, int(beyond[1]), 0, int(beyond[0])), -torch.inf)
    return x.unfold(2, 3, 2).unfold(3, 3, 2).amax((4, 5))


def googlenet(images, target, p):
    stem = torch.conv2d(images, p["stem"], p["stem_bias"], stride=2, padding=1).clamp(min=0)
    a = inception(halved(inception(stem, part(p, "3a"))), part(p, "4a"))
    d = inception(a, part(p, "4d"))
    top = inception(halved(d), part(p, "5b"))
    logits = top.mean(-1).mean(-1) @ p["fc"].T + p["fc_bias"]
    heads = torch.stack([logits, auxiliary(a, part(p, "aux1")), auxiliary(d, part(p, "aux2"))])
    shares = torch.log_softmax(heads, 2)[:, torch.arange(len(target)), target].mean(1)
    return logits, -(shares * torch.tensor([1.0, 0.3, 0.3], dtype=shares.dtype)).sum()
