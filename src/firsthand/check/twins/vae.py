"""The encoder and decoder of torch.nn.Linear, the bound by torch.distributions or by torch's own losses."""

from dataclasses import replace
from math import log
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Independent, Normal, kl_divergence

from firsthand.check.twin import Twin
from firsthand.papers.vae.model import Config
from firsthand.papers.vae.recipe import PRESETS
from firsthand.train.recipe import Optim

_SLOW = replace(PRESETS["laptop"], optim=Optim("adam", lr=1e-4))  # so that rounding stays rounding
_FACES = PRESETS["faces"]
VARIANTS = {
    **PRESETS,
    "A, L = 3": replace(_SLOW, estimator="A", samples=3),
    "B, L = 3, beta = 0.5": replace(_SLOW, samples=3, beta=0.5),
    "score": replace(_SLOW, estimator="score", optim=Optim("sgd", lr=1e-7)),
    "faces, A, decay": replace(_FACES, estimator="A", optim=replace(_FACES.optim, weight_decay=0.01)),
}


class Network(Twin):
    """nn.Linear and nn.Tanh in a row; the noise is drawn as ours is."""

    guess = 784 * log(2)  # nats: every pixel at 1/2

    def __init__(self, config: Config):
        super().__init__()
        self.config, pixels, hidden, latent = config, config.inputs, config.hidden, config.latent
        self.encoder, self.decoder = nn.Linear(pixels, hidden), nn.Linear(latent, hidden)
        self.mean, self.log_variance = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.pixels = nn.Linear(hidden, pixels)
        self.pixel_spread = nn.Linear(hidden, pixels) if config.decoder == "gaussian" else None

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor | None, ...]:
        """Reconstructions; while training what the loss needs."""
        h = torch.tanh(self.encoder(x))
        mean, log_variance = self.mean(h), self.log_variance(h)
        if not self.training:
            return torch.sigmoid(self.pixels(torch.tanh(self.decoder(mean))))
        noise = torch.randn(self.recipe.samples, len(x), self.config.latent).to(x)
        self.z, self.x = mean + torch.exp(0.5 * log_variance) * noise, x
        h = torch.tanh(self.decoder(self.z.detach() if self.recipe.estimator == "score" else self.z))
        spread = None if self.pixel_spread is None else torch.clamp(self.pixel_spread(h), min=self.config.floor)
        return self.pixels(h), spread, mean, log_variance

    def loss(self, outputs: tuple[Tensor | None, ...], targets: Tensor) -> Tensor:
        """Minus the bound, with the KL of torch.distributions."""
        logits, spread, mean, log_variance = outputs
        x = self.x.expand_as(logits)
        if spread is None and self.recipe.estimator == "B":
            fit = -nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x[..., 0].numel()
        elif spread is None:
            fit = -nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
        else:
            fit = Independent(Normal(torch.sigmoid(logits), torch.exp(0.5 * spread)), 1).log_prob(x)
        q, prior = (
            Independent(Normal(m, torch.exp(0.5 * v)), 1)
            for m, v in ((mean, log_variance), (torch.zeros_like(mean), torch.zeros_like(mean)))
        )
        kl = kl_divergence(q, prior)
        if self.recipe.estimator == "A":
            kl = q.log_prob(self.z) - prior.log_prob(self.z)
        if self.recipe.estimator == "score":
            log_q = q.log_prob(self.z.detach())
            fit = fit + fit.detach() * (log_q - log_q.detach())
        return (targets * kl - fit).mean()

    def optimizer(self) -> torch.optim.Optimizer:
        """torch's rule; the prior acts on biases, too."""
        spec = self.recipe.optim
        rule = {"adagrad": torch.optim.Adagrad, "adam": torch.optim.Adam, "sgd": torch.optim.SGD}[spec.name]
        return rule(self.parameters(), lr=spec.lr, weight_decay=spec.weight_decay or 0.0)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pictures of 7x7 squares of 4x4 bits, and the weight 1 of each KL."""
        squares = torch.randint(2, (size, 7, 7), generator=generator).double()
        return squares.repeat_interleave(4, 1).repeat_interleave(4, 2).flatten(1), torch.ones(size)

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Bits, or numbers in (0, 1) for a Gaussian decoder."""
        x, weights = cls.batch(size, generator)
        if recipe.model.decoder == "gaussian":
            x = torch.rand(size, recipe.model.inputs, generator=generator, dtype=torch.float64)
        return x, weights * recipe.beta
