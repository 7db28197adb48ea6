"""The variational autoencoder of section 6.4: 784 pixels, 500 softplus units, 50 latents, and back; 860,884 parameters.

    h = softplus(W1 x + b1)      mean = W2 h + b2      log variance = W3 h + b3
    z = mean + exp(log variance / 2) noise,  noise ~ N(0, 1)
    logits of the pixels = W5 softplus(W4 z + b4) + b5
    loss = -log p(x | z) + KL(N(mean, variance) || N(0, 1))      in nats an image; -loss bounds log p(x) from below

It is the model of Kingma & Welling (2014) with softplus for tanh. The paper gives neither the batch nor how the pixels
became bits, nor the first weights: ours are 100, one draw of every pixel, and those of `Linear`.
"""

from math import isfinite

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.claims import Measure, Outcome
from firsthand.claims.bench.descent import descend
from firsthand.data.order import Order
from firsthand.data.specs import Images
from firsthand.nn import Linear, binary_cross_entropy, gaussian_kl, softplus
from firsthand.papers.adam.uncorrected import rule
from firsthand.train.engine import tiny_is_zero

EXPONENTS = (-3.5, -3.0, -2.5, -2.0)  # log10 of the rates of figure 4 that matter
LOSS = {exponent: Measure(f"loss at {exponent:g}", f"alpha = 10^{exponent:g}", digits=1) for exponent in EXPONENTS}


class VAE(Module):
    """Encoder and decoder with one hidden layer each. Source: sec. 6.4."""

    def __init__(self, hidden: int = 500, latent: int = 50):
        super().__init__()
        self.encoder = Linear(784, hidden)
        self.mean = Linear(hidden, latent)
        self.log_variance = Linear(hidden, latent)
        self.decoder = Linear(latent, hidden)
        self.pixels = Linear(hidden, 784)

    def forward(
        self, x: Float[Tensor, "batch 784"], noise: Float[Tensor, "batch latent"]
    ) -> tuple[Float[Tensor, "batch 784"], Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        """Logits of the pixels, and mean and log variance of the latents, for bits and standard normal noise."""
        h = softplus(self.encoder(x))
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + torch.exp(log_variance / 2) * noise
        return self.pixels(softplus(self.decoder(z))), mean, log_variance

    def loss(self, x: Float[Tensor, "batch 784"], noise: Float[Tensor, "batch latent"]) -> Float[Tensor, ""]:
        """Minus the lower bound on log p(x), in nats an image."""
        logits, mean, log_variance = self(x, noise)
        surprise = binary_cross_entropy(logits, x, reduction="sum") / len(x)
        return surprise + gaussian_kl(mean, log_variance).mean()


def vae(beta1: float = 0.9, beta2: float = 0.999, corrected: bool = True, steps: int = 600, seed: int = 0) -> Outcome:
    """The loss of the VAE of figure 4 on binary MNIST for four rates: the mean of the last 100 batches.

    Args:
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        corrected: Adam as published; else the rule without its bias correction.
        steps: batches of 100 images for each rate; 600 are one pass.
        seed: of the bits, the first weights, the order and the noise, which all rates share.
    """
    images, _ = Images(validation=0).load().train
    generator = torch.Generator().manual_seed(seed)
    bits = (torch.rand(images.shape, generator=generator) * 255 < images).flatten(1)
    found: dict[str, float | None] = {}
    for exponent in EXPONENTS:
        torch.manual_seed(seed)
        network, order, noise = VAE(), Order(len(bits), 100, seed=seed), torch.Generator().manual_seed(seed)
        optimizer = rule(corrected)(network.parameters(), lr=10**exponent, betas=(beta1, beta2))
        curve: list[float] = []
        with tiny_is_zero():
            while len(curve) < steps and all(map(isfinite, curve[-1:])):
                bag = bits[order.indices(len(curve))].float()
                loss = network.loss(bag, torch.randn(100, 50, generator=noise))
                descend(optimizer, network, loss, clip=None)
                curve.append(loss.item())
        last = curve[-min(100, steps) :]
        found[f"loss at {exponent:g}"] = sum(last) / len(last) if all(map(isfinite, last)) else None
    return found
