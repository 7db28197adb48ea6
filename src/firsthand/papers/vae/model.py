"""The variational autoencoder: a decoder that makes pictures from latents, an encoder that guesses the latents of each.

    encoder q(z|x):   h = tanh(W3 x + b3)     mu = W4 h + b4     log sigma^2 = W5 h + b5
    latents:          z = mu + sigma * eps,   eps ~ N(0, I)                so that d z / d mu = 1, d z / d sigma = eps
    decoder p(x|z):   h = tanh(W1 z + b1)     y = sigmoid(W2 h + b2)       Bernoulli: y is the probability of a 1
                                              log s^2 = W6 h + b6          Gaussian: y is the mean, s the deviation

    log p(x) = KL(q(z|x) || p(z|x)) + L,      p(z) = N(0, I)               so L is a lower bound of log p(x) (eq. 1)
    L = E_q[log p(x,z) - log q(z|x)]                                       estimator A averages this over z (eq. 6)
      = -KL(q(z|x) || p(z)) + E_q[log p(x|z)]                              estimator B has the KL in closed form (eq. 7)
    -KL = sum_j (1 + log sigma_j^2 - mu_j^2 - sigma_j^2) / 2               appendix B

    parameters, 784 pixels, 500 units, 20 latents: 392,500 + 2 * 10,020 + 10,500 + 392,784 = 815,824

Symbols: mu is `mean`, log sigma^2 `log_variance`, eps `noise`; y is sigmoid(`logits`), log s^2 `spread`; W6 (not
numbered in the paper) is `pixel_spread`. phi are the encoder's weights and biases, theta the decoder's.

Where the paper does not say: weights and biases start from N(0, 0.1^2), for N(0, 0.01) may mean either; log s^2 is kept
above -8, or a pixel that never changes would drive the density to infinity.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import ANY, NOT_NEGATIVE, SIZE, within
from firsthand.nn import Linear, binary_cross_entropy, gaussian_kl, init, sigmoid, tanh

Pixels, Latents = Float[Tensor, "batch pixels"], Float[Tensor, "batch latent"]
Noise = Float[Tensor, "samples batch latent"]
Terms = tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]  # log p(x|z), and KL(q || p): their difference is L
Decoded = tuple[Float[Tensor, "*batch pixels"], Float[Tensor, "*batch pixels"] | None]  # logits; log s^2 if Gaussian


@dataclass(frozen=True)
class Config:
    """Sizes of the networks, and what a pixel is."""

    hidden: int = 500  # tanh units of the encoder, and of the decoder
    latent: int = 20  # N_z, the numbers in z
    decoder: Literal["bernoulli", "gaussian"] = "bernoulli"  # p(x|z) of a pixel: a bit, or a number
    inputs: int = 784  # pixels of a picture; the data says
    start: float = 0.1  # standard deviation of all first weights and biases
    floor: float = -8.0  # gaussian: the lowest log s^2

    def __post_init__(self) -> None:
        within(self, "model.", hidden=SIZE, latent=SIZE, inputs=SIZE, start=NOT_NEGATIVE, floor=ANY)


class VAE(Module):
    """Encoder and decoder with one hidden layer each. Source: appendix C."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        pixels, hidden, latent = config.inputs, config.hidden, config.latent
        self.encoder = Linear(pixels, hidden)
        self.mean = Linear(hidden, latent)
        self.log_variance = Linear(hidden, latent)
        self.decoder = Linear(latent, hidden)
        self.pixels = Linear(hidden, pixels)
        self.pixel_spread = Linear(hidden, pixels) if config.decoder == "gaussian" else None
        self.latent, self.floor = latent, config.floor
        for parameter in self.parameters():
            init.normal_(parameter, config.start)

    def encode(self, x: Pixels) -> tuple[Latents, Latents]:
        """Mean and log variance of q(z|x)."""
        h = tanh(self.encoder(x))
        return self.mean(h), self.log_variance(h)

    def decode(self, z: Float[Tensor, "*batch latent"]) -> Decoded:
        """What p(x|z) needs."""
        h = tanh(self.decoder(z))
        return self.pixels(h), None if self.pixel_spread is None else self.pixel_spread(h).clamp(min=self.floor)

    def forward(
        self, x: Pixels, noise: Noise | None = None, fixed=False
    ) -> Pixels | tuple[Float[Tensor, "..."] | None, ...]:
        """Reconstructions through z = mu; with noise, logits and log s^2 at z = mu + sigma eps, and mu, log sigma^2.

        Through a `fixed` z no gradient flows.
        """
        mean, log_variance = self.encode(x)
        if noise is None:
            return sigmoid(self.decode(mean)[0])
        z = reparameterise(mean, log_variance, noise)
        return *self.decode(z.detach() if fixed else z), mean, log_variance


def reparameterise(mean: Latents, log_variance: Latents, noise: Noise) -> Noise:
    """z = mu + sigma eps: a sample of N(mu, sigma^2) through which gradients flow. Source: section 2.4."""
    return mean + torch.exp(log_variance / 2) * noise


def log_normal(
    z: Float[Tensor, "*batch n"], mean: Float[Tensor, "..."], log_variance: Float[Tensor, "..."]
) -> Float[Tensor, "*batch"]:
    """log N(z; mu, sigma^2) in nats, summed over the last axis."""
    return -(log(2 * pi) + log_variance + (z - mean).square() / torch.exp(log_variance)).sum(-1) / 2


def log_prior(z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch"]:
    """log N(z; 0, I) in nats."""
    return -(log(2 * pi) + z.square()).sum(-1) / 2


def log_likelihood(
    x: Pixels, logits: Float[Tensor, "*batch pixels"], spread: Float[Tensor, "..."] | None = None
) -> Float[Tensor, "*batch"]:
    """log p(x|z) in nats, summed over pixels: sum_i x_i log y_i + (1 - x_i) log(1 - y_i), or that of a Gaussian."""
    x = x.expand_as(logits)
    if spread is not None:
        return log_normal(x, sigmoid(logits), spread)
    return -binary_cross_entropy(logits, x, reduction="none").sum(-1)


def estimator_a(model: Callable, x: Pixels, noise: Noise) -> Terms:
    """Means over the samples of log p(x|z) and of log q(z|x) - log p(z). Source: equation 6."""
    *decoded, mean, log_variance = model(x, noise)
    z = reparameterise(mean, log_variance, noise)
    return log_likelihood(x, *decoded).mean(0), (log_normal(z, mean, log_variance) - log_prior(z)).mean(0)


def estimator_b(model: Callable, x: Pixels, noise: Noise) -> Terms:
    """The mean over the samples of log p(x|z), and KL(q(z|x) || p(z)). Source: equation 7."""
    *decoded, mean, log_variance = model(x, noise)
    return log_likelihood(x, *decoded).mean(0), gaussian_kl(mean, log_variance)


def score_function(model: Callable, x: Pixels, noise: Noise, baseline: float = 0.0) -> Terms:
    """Estimator B, but phi's gradient does not go through z: it is (log p(x|z) - baseline) d log q(z|x) / d phi.

    The values are those of estimator B. Source: section 2.2.
    """
    *decoded, mean, log_variance = model(x, noise, fixed=True)
    z = reparameterise(mean, log_variance, noise).detach()
    fit, log_q = log_likelihood(x, *decoded), log_normal(z, mean, log_variance)
    silent = (fit.detach() - baseline) * (log_q - log_q.detach())  # is 0 and has the gradient
    return (fit + silent).mean(0), gaussian_kl(mean, log_variance)
