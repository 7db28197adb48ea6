"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import log, pi

import torch
from jaxtyping import Float
from torch import Tensor

Parameters = dict[str, Tensor]


def reparameterise(
    mean: Float[Tensor, "batch latent"],
    log_variance: Float[Tensor, "batch latent"],
    noise: Float[Tensor, "samples batch latent"],
) -> Float[Tensor, "samples batch latent"]:
    """Samples z of N(mean, variance), through which gradients flow."""
    return mean + torch.exp(log_variance / 2) * noise


def kl(mean: Float[Tensor, "batch latent"], log_variance: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
    """KL(q(z|x) || p(z)) of every example, in nats."""
    return -0.5 * (1 + log_variance - mean**2 - torch.exp(log_variance)).sum(1)


def log_normal(
    z: Float[Tensor, "samples batch n"], mean: Float[Tensor, "batch n"], log_variance: Float[Tensor, "batch n"]
) -> Float[Tensor, "samples batch"]:
    """log N(z; mean, variance) in nats, of all n numbers together."""
    return -0.5 * (log(2 * pi) + log_variance + (z - mean) ** 2 / torch.exp(log_variance)).sum(-1)


def network(
    x: Float[Tensor, "batch pixels"], noise: Float[Tensor, "samples batch latent"], p: Parameters
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """mean and log_variance (batch, latent), z (samples, batch, latent), and logits (samples, batch, pixels)."""
    h = torch.tanh(x @ p["W_3"].T + p["b_3"])
    mean, log_variance = h @ p["W_4"].T + p["b_4"], h @ p["W_5"].T + p["b_5"]
    z = reparameterise(mean, log_variance, noise)
    h = torch.tanh(z @ p["W_1"].T + p["b_1"])
    return mean, log_variance, z, h @ p["W_2"].T + p["b_2"]


def bounds(
    x: Float[Tensor, "batch pixels"], noise: Float[Tensor, "samples batch latent"], p: Parameters
) -> tuple[Tensor, Tensor]:
    """Estimators A and B of the lower bound of log p(x), each (batch), in nats."""
    mean, log_variance, z, logits = network(x, noise, p)
    fit = (x * logits - torch.logaddexp(logits, torch.zeros_like(logits))).sum(-1)
    prior, posterior = log_normal(z, 0 * mean, 0 * mean), log_normal(z, mean, log_variance)
    return (fit + prior - posterior).mean(0), fit.mean(0) - kl(mean, log_variance)


def learn(
    x: Float[Tensor, "examples pixels"],
    batches: list[Tensor],
    noises: list[Tensor],
    p: Parameters,
    lr: float,
    eps: float,
) -> tuple[Float[Tensor, " steps"], Parameters]:
    """Train by algorithm 1 with Adagrad, a step for each batch: the objective before each step, and the parameters."""
    squares = {name: torch.zeros_like(value) for name, value in p.items()}
    found = []
    for rows, noise in zip(batches, noises, strict=True):
        p = {name: value.detach().requires_grad_() for name, value in p.items()}
        prior = -0.5 * sum((value**2).sum() for value in p.values())
        objective = len(x) / len(rows) * bounds(x[rows], noise, p)[1].sum() + prior
        slopes = dict(zip(p, torch.autograd.grad(objective, list(p.values())), strict=True))
        squares = {name: squares[name] + slope**2 for name, slope in slopes.items()}
        p = {name: value.detach() + lr * slopes[name] / (squares[name].sqrt() + eps) for name, value in p.items()}
        found.append(objective.detach())
    return torch.stack(found), p
