"""Loops over samples and pixels' probabilities; deviations in the place of log variances."""

import math

import torch


def reparameterise(mean, log_variance, noise):
    sigma = torch.exp(0.5 * log_variance)
    return torch.stack([mean + sigma * one for one in noise])


def kl(mean, log_variance):
    sigma = torch.exp(0.5 * log_variance)
    each = -torch.log(sigma) - 0.5 + 0.5 * (sigma**2 + mean**2)
    return sum(each.unbind(1))


def log_normal(z, mean, log_variance):
    sigma = torch.exp(0.5 * log_variance)
    standard = (z - mean) / sigma
    n = z.shape[-1]
    return -n * math.log(2 * math.pi) / 2 - torch.log(sigma).sum(-1) - (standard * standard).sum(-1) / 2


def encode(x, p):
    h = torch.tanh(torch.addmm(p["b_3"], x, p["W_3"].T))
    return torch.addmm(p["b_4"], h, p["W_4"].T), torch.addmm(p["b_5"], h, p["W_5"].T)


def decode(z, p):
    return torch.addmm(p["b_2"], torch.tanh(torch.addmm(p["b_1"], z, p["W_1"].T)), p["W_2"].T)


def network(x, noise, p):
    mean, log_variance = encode(x, p)
    z = reparameterise(mean, log_variance, noise)
    return mean, log_variance, z, torch.stack([decode(one, p) for one in z])


def bounds(x, noise, p):
    mean, log_variance, z, logits = network(x, noise, p)
    zeros = torch.zeros_like(mean)
    a, b = [], []
    for one, logit in zip(z, logits, strict=True):
        y = 1 / (1 + torch.exp(-logit))
        fit = torch.where(x == 1, torch.log(y), torch.log(1 - y)).sum(1)
        a.append(fit + log_normal(one, zeros, zeros) - log_normal(one, mean, log_variance))
        b.append(fit)
    return sum(a) / len(a), sum(b) / len(b) - kl(mean, log_variance)


def learn(x, batches, noises, p, lr, eps):
    names = sorted(p)
    w = [p[name].detach() for name in names]
    g = [torch.zeros_like(one) for one in w]
    found = []
    for t in range(len(batches)):
        leaves = [one.clone().requires_grad_() for one in w]
        b = bounds(x[batches[t]], noises[t], dict(zip(names, leaves, strict=True)))[1]
        objective = x.shape[0] * b.sum() / b.shape[0]
        for leaf in leaves:
            objective = objective - (leaf * leaf).sum() / 2
        found.append(objective.detach())
        for i, slope in enumerate(torch.autograd.grad(objective, leaves)):
            g[i] = g[i] + slope * slope
            w[i] = w[i] + lr * slope / (torch.sqrt(g[i]) + eps)
    return found, dict(zip(names, w, strict=True))
