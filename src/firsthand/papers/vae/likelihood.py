"""log p(x) of a trained network: by importance sampling, and for two latents by adding up over a grid.

    log p(x) >= E log (1/k) sum_i p(x, z_i) / q(z_i|x),  z_i ~ q(z|x)        equal for k to infinity, L for k = 1
    log p(x) = log of the integral of p(x|z) N(z; 0, I) dz                   by the trapezoid rule on a square

Source: Rezende, Mohamed & Wierstra (2014), section 5; Burda, Grosse & Salakhutdinov (2016), theorem 1: the first
grows with k. The paper's own estimator, appendix D, samples the posterior by hybrid Monte Carlo.
"""

from collections.abc import Sequence
from math import log

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from firsthand.papers.vae.model import VAE, log_likelihood, log_normal, log_prior, reparameterise

AT_ONCE = 20_000  # pictures times samples of one pass


@torch.no_grad()
def importance_sampled(
    model: VAE, x: Float[Tensor, "batch pixels"], counts: Sequence[int], generator: Generator
) -> list[Float[Tensor, " batch"]]:
    """The estimate of log p(x) in nats for each of these numbers of samples k, which rise; each takes the first k."""
    found, weights, done = [], [], 0
    for count in counts:
        while done < count:
            size = max(1, min(count - done, AT_ONCE // len(x)))
            weights.append(log_weights(model, x, torch.randn(size, len(x), model.latent, generator=generator).to(x)))
            done += size
        together = torch.cat(weights)
        found.append(torch.logsumexp(together[:count], 0) - log(count))
    return found


def log_weights(
    model: VAE, x: Float[Tensor, "batch pixels"], noise: Float[Tensor, "samples batch latent"]
) -> Float[Tensor, "samples batch"]:
    """log p(x, z) - log q(z|x) at each z = mu + sigma eps."""
    *decoded, mean, log_variance = model(x, noise)
    z = reparameterise(mean, log_variance, noise)
    return log_likelihood(x, *decoded) + log_prior(z) - log_normal(z, mean, log_variance)


@torch.no_grad()
def quadrature(
    model: VAE, x: Float[Tensor, "batch pixels"], reach: float = 6.0, step: float = 0.04
) -> Float[Tensor, " batch"]:
    """log p(x) in nats of a network of bits with two latents, added up over a grid of this reach and step.

    Of a posterior of deviation s the sum is off by 2 exp(-2 (pi s / step)^2) of it: 1e-4 for s = 0.028.
    """
    line = torch.arange(-reach, reach + step / 2, step)
    total = torch.full((len(x),), -torch.inf, dtype=torch.float64)
    for row in line:
        z = torch.stack([row.expand_as(line), line], 1).to(x)
        logits, _ = model.decode(z)
        # log p(x|z) = sum_i x_i l_i - log(1 + e^l_i): one product for all pictures and points
        fit = (x @ logits.T).double() - torch.logaddexp(logits, torch.zeros_like(logits)).sum(1).double()
        total = torch.logaddexp(total, torch.logsumexp(fit + log_prior(z).double(), 1))
    return total + 2 * log(step)
