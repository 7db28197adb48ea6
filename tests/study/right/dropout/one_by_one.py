"""Loops over examples and units; the network by recursion."""

from math import sqrt

import torch


def thinned(y, chance, p):
    rows = []
    for row, numbers in zip(y, chance.tolist(), strict=True):
        rows.append(torch.stack([unit if number < p else 0 * unit for unit, number in zip(row, numbers, strict=True)]))
    return torch.stack(rows)


def inverted(y, chance, p, training):
    return thinned(y * (1 / p), chance, p) if training else 1 * y


def gaussian(y, noise, p, training):
    return y * torch.add(torch.ones_like(y), noise, alpha=sqrt(1 - p) / sqrt(p)) if training else 1 * y


def max_norm(W, c):
    rows = []
    for w in W:
        length = sqrt(sum(one**2 for one in w.tolist()))
        rows.append(w * (c / length) if length > c else w)
    return torch.stack(rows)


def network(x, chances, layers, keeps, training):
    (W, b), p = layers[0], keeps[0]
    if training:
        z = torch.stack([W @ row + b for row in thinned(x, chances[0], p)])
    else:
        z = torch.stack([p * (W @ row) + b for row in x])
    if len(layers) == 1:
        return z
    return network(z * (z > 0), chances[1:], layers[1:], keeps[1:], training)


def learn(x, classes, chances, layers, keeps, lr, momentum, c):
    velocity = [(torch.zeros_like(W), torch.zeros_like(b)) for W, b in layers]
    losses = []
    for chance in chances:
        leaves = [tuple(one.detach().requires_grad_() for one in pair) for pair in layers]
        log_p = torch.log_softmax(network(x, chance, leaves, keeps, True), dim=1)
        loss = -sum(log_p[i, k] for i, k in enumerate(classes.tolist())) / len(classes)
        losses.append(loss.detach())
        slopes = iter(torch.autograd.grad(loss, [one for pair in leaves for one in pair]))
        layers, velocity = step(leaves, slopes, velocity, lr, momentum, c)
    return losses, layers


def step(layers, slopes, velocity, lr, momentum, c):
    moved, speeds = [], []
    for (W, b), (v, u) in zip(layers, velocity, strict=True):
        v, u = momentum * v - lr * next(slopes), momentum * u - lr * next(slopes)
        moved.append((max_norm((W + v).detach(), c), (b + u).detach()))
        speeds.append((v, u))
    return moved, speeds
