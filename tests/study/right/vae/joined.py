"""Both heads as one matrix, samples and batch as one dimension, all parameters as one row while training."""

import torch
from torch.nn.functional import softplus

LOG_2_PI = torch.log(torch.tensor(2 * torch.pi, dtype=torch.float64))


def reparameterise(mean, log_variance, noise):
    return mean + noise / torch.exp(-log_variance).sqrt()


def kl(mean, log_variance):
    return (torch.expm1(log_variance) - log_variance + mean.square()).sum(-1).div(2)


def log_normal(z, mean, log_variance):
    quadratic = (z - mean).square() * torch.exp(-log_variance)
    return (quadratic + log_variance + LOG_2_PI).sum(-1).mul(-0.5)


def network(x, noise, p):
    samples, batch, latent = noise.shape
    h = torch.tanh(x @ p["W_3"].mT + p["b_3"])
    heads = h @ torch.cat([p["W_4"], p["W_5"]]).mT + torch.cat([p["b_4"], p["b_5"]])
    mean, log_variance = heads.split(latent, 1)
    z = reparameterise(mean, log_variance, noise)
    h = torch.tanh(z.reshape(-1, latent) @ p["W_1"].mT + p["b_1"])
    return mean, log_variance, z, (h @ p["W_2"].mT + p["b_2"]).unflatten(0, (samples, batch))


def bounds(x, noise, p):
    mean, log_variance, z, logits = network(x, noise, p)
    fit = -softplus((1 - 2 * x) * logits).sum(-1)
    entropy = (noise.square() + log_variance - z.square()).sum(-1) / 2  # log p(z) - log q(z|x)
    return (fit + entropy).mean(0), fit.mean(0) - kl(mean, log_variance)


def learn(x, batches, noises, p, lr, eps):
    sizes = {name: value.shape for name, value in p.items()}
    row = torch.cat([value.detach().flatten() for value in p.values()])

    def parted(row):
        parts = row.split([size.numel() for size in sizes.values()])
        return {name: part.view(size) for part, (name, size) in zip(parts, sizes.items(), strict=True)}

    total, found = torch.zeros_like(row), torch.empty(len(batches), dtype=x.dtype)
    for t, (rows, noise) in enumerate(zip(batches, noises, strict=True)):
        row = row.detach().requires_grad_()
        objective = x.shape[0] * bounds(x[rows], noise, parted(row))[1].mean() - row.dot(row) / 2
        (slope,) = torch.autograd.grad(objective, row)
        total += slope**2
        found[t] = objective.detach()
        row = row.detach() + lr * slope / (total.sqrt() + eps)
    return found, parted(row)
