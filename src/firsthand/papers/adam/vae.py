"""The variational autoencoder of section 6.4: 784 pixels, 500 softplus units, 50 latents, and back; 860,884 parameters.

    h = softplus(W1 x + b1)      mean = W2 h + b2      log variance = W3 h + b3
    z = mean + exp(log variance / 2) noise,  noise ~ N(0, 1)
    logits of the pixels = W5 softplus(W4 z + b4) + b5
    loss = -log p(x | z) + KL(N(mean, variance) || N(0, 1))      in nats an image; -loss bounds log p(x) from below

It is the model of Kingma & Welling (2014) with softplus for tanh. The paper gives neither the batch nor how the pixels
became bits, nor the first weights: ours are 100, one draw of every pixel, and those of `Linear`.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.nn import Linear, binary_cross_entropy, gaussian_kl, softplus


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
