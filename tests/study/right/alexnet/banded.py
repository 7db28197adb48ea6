"""The neighbourhood as a matrix of ones; groups of torch's convolution; the rule as a sum over all steps before."""

import torch


def respond(a, n=5, k=2.0, alpha=1e-4, beta=0.75):
    place = torch.arange(a.shape[1])
    near = ((place[:, None] - place).abs() <= n // 2).to(a.dtype)
    total = torch.einsum("ij,bjhw->bihw", near, a * a)
    return a * torch.exp(-beta * torch.log(k + alpha * total))


def pool(x, z, s):
    for dim in (2, 3):
        x = x.unfold(dim, z, s).max(-1)[0]
    return x


def towers(x, weight, bias, padding):
    return torch.conv2d(x, weight, bias, padding=padding, groups=2)


def drop(h, keep):
    return h.mul(0.5 if keep is None else keep.to(h.dtype))


def update(w, slopes, rates, decay):
    pushes, path = [], []
    for g, rate in zip(slopes, rates, strict=True):
        pushes = [0.9 * push for push in pushes] + [-rate * (decay * w + g)]
        w = w + sum(pushes)
        path.append(w)
    return torch.stack(path)


def alexnet(images, keep, p):
    x = torch.conv2d(images, p["c1"], p["c1_bias"], stride=2, padding=2).clamp(min=0)
    x = towers(pool(respond(x), 3, 2), p["c2"], p["c2_bias"], 2).clamp(min=0)
    x = torch.conv2d(pool(respond(x), 3, 2), p["c3"], p["c3_bias"], padding=1).clamp(min=0)
    x = towers(x, p["c4"], p["c4_bias"], 1).clamp(min=0)
    x = towers(x, p["c5"], p["c5_bias"], 1).clamp(min=0)
    six, seven = keep or (None, None)
    h = torch.flatten(pool(x, 3, 2), 1)
    h = drop(torch.addmm(p["f6_bias"], h, p["f6"].T).clamp(min=0), six)
    h = drop(torch.addmm(p["f7_bias"], h, p["f7"].T).clamp(min=0), seven)
    return torch.addmm(p["f8_bias"], h, p["f8"].T)
