"""Wake-sleep, the paper's rival: two losses in turn for the same encoder and decoder, no bound for both.

    wake:   z ~ q(z|x) for a picture x         theta climbs log p(x|z)
    sleep:  z ~ p(z), x ~ p(x|z), a dream      phi climbs log q(z|x)

No gradient goes from one network into the other. Source: Hinton, Dayan, Frey & Neal (1995), Science 268; the paper's
section 5 trains the same encoder with it.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.nn import sigmoid
from firsthand.papers.vae.model import log_likelihood, log_normal


def wake_sleep(
    model: Any, x: Float[Tensor, "batch pixels"], noise: Float[Tensor, "2 batch latent"]
) -> Float[Tensor, ""]:
    """The loss whose gradient is that of wake (theta) and of sleep (phi); dreams are drawn by torch's own generator."""
    *decoded, _, _ = model(x, noise[:1], fixed=True)
    wake = log_likelihood(x, *decoded).mean()
    z = noise[1]
    with torch.no_grad():
        logits, spread = model.decode(z)
        dream = sigmoid(logits)
        dream = torch.bernoulli(dream) if spread is None else torch.normal(dream, torch.exp(spread / 2))
    mean, log_variance = model.encode(dream)
    return -wake - log_normal(z, mean, log_variance).mean()
