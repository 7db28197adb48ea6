"""Cumulative sums of squares, kernels with zeros for the other tower, pools by shifted maps, v as the last step."""

import torch


def respond(a, n=5, k=2.0, alpha=1e-4, beta=0.75):
    zeros = torch.zeros_like(a[:, :1])
    total = a.square()
    for d in range(1, n // 2 + 1):
        down, up = a.square(), a.square()
        for _ in range(d):
            down, up = torch.cat([zeros, down[:, :-1]], 1), torch.cat([up[:, 1:], zeros], 1)
        total = total + down + up
    return a / (total * alpha + k).pow(beta)


def pool(x, z, s):
    down, across = (x.shape[2] - z) // s * s + 1, (x.shape[3] - z) // s * s + 1
    best = x.new_full((1, 1, 1, 1), -torch.inf)
    for u in range(z):
        for v in range(z):
            best = torch.maximum(best, x[:, :, u : u + down : s, v : v + across : s])
    return best


def towers(x, weight, bias, padding):
    none = torch.zeros_like(weight)
    out = weight.shape[0] // 2
    whole = torch.cat([torch.cat([weight[:out], none[:out]], 1), torch.cat([none[out:], weight[out:]], 1)])
    return torch.conv2d(x, whole, bias, padding=padding)


def drop(h, keep):
    return h.masked_fill(~keep, 0.0) if keep is not None else h - 0.5 * h


def update(w, slopes, rates, decay):
    path, before = [w], w
    for g, rate in zip(slopes, rates, strict=True):
        now = path[-1]
        path.append(now + 0.9 * (now - before) - rate * (decay * now + g))
        before = now
    return torch.stack(path[1:])


def alexnet(images, keep, p):
    def rectified(a):
        return a * (a > 0)

    x = images
    for number in range(1, 6):
        name = f"c{number}"
        if number == 1:
            x = torch.conv2d(x, p[name], p["c1_bias"], stride=2, padding=2)
        elif number == 3:
            x = torch.conv2d(x, p[name], p["c3_bias"], padding=1)
        else:
            x = towers(x, p[name], p[f"{name}_bias"], p[name].shape[-1] // 2)
        x = rectified(x)
        x = respond(x) if number < 3 else x
        x = pool(x, 3, 2) if number in (1, 2, 5) else x
    h = x.reshape(len(x), -1)
    for number in (6, 7, 8):
        h = torch.einsum("bi,oi->bo", h, p[f"f{number}"]) + p[f"f{number}_bias"]
        if number < 8:
            h = drop(rectified(h), None if keep is None else keep[number - 6])
    return h
