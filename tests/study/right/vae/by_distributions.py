"""torch.distributions in the place of formulas, but for bits, whose class calls a loss of torch."""

import torch
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn.functional import softplus


def q(mean, log_variance):
    return Independent(Normal(mean, log_variance.exp().sqrt(), validate_args=False), 1, validate_args=False)


def prior(like):
    return Independent(Normal(torch.zeros_like(like), torch.ones_like(like)), 1)


def reparameterise(mean, log_variance, noise):
    return torch.addcmul(mean, log_variance.exp().sqrt(), noise)


def kl(mean, log_variance):
    return kl_divergence(q(mean, log_variance), prior(mean))


def log_normal(z, mean, log_variance):
    return q(mean, log_variance).log_prob(z)


def linear(x, p, number):
    return torch.einsum("...i,oi->...o", x, p[f"W_{number}"]) + p[f"b_{number}"]


def network(x, noise, p):
    h = linear(x, p, 3).tanh()
    mean, log_variance = linear(h, p, 4), linear(h, p, 5)
    z = reparameterise(mean, log_variance, noise)
    return mean, log_variance, z, linear(linear(z, p, 1).tanh(), p, 2)


def bounds(x, noise, p):
    mean, log_variance, z, logits = network(x, noise, p)
    fit = -(x * softplus(-logits) + (1 - x) * softplus(logits)).sum(-1)
    a = fit + prior(mean).log_prob(z) - q(mean, log_variance).log_prob(z)
    return a.mean(0), (fit - kl(mean, log_variance)).mean(0)


def learn(x, batches, noises, p, lr, eps):
    leaves = {name: value.detach().clone().requires_grad_() for name, value in p.items()}
    sums, found = {name: 0.0 for name in p}, []
    for batch, noise in zip(batches, noises, strict=True):
        loss = -len(x) * bounds(x[batch], noise, leaves)[1].mean()
        loss = loss + sum(value.square().sum() for value in leaves.values()) / 2
        loss.backward()
        found.append(-loss.item())
        with torch.no_grad():
            for name, value in leaves.items():
                sums[name] = sums[name] + value.grad**2
                value -= lr * value.grad / (sums[name] ** 0.5 + eps)
                value.grad = None
    return torch.tensor(found, dtype=x.dtype), {name: value.detach() for name, value in leaves.items()}
