"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.papers.exercise import given

Layer = tuple[Tensor, Tensor, Tensor]  # W, gamma and beta


def normalise(
    x: Float[Tensor, "batch features"], gamma: Float[Tensor, " features"], beta: Float[Tensor, " features"], eps: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Algorithm 1: (y, x^), each (batch, features), and the batch's mean and variance (m, v), each (features)."""
    m = x.mean(0)
    v = ((x - m) ** 2).mean(0)
    x_hat = (x - m) / (v + eps).sqrt()
    return gamma * x_hat + beta, x_hat, m, v


def gradients(
    x: Float[Tensor, "batch features"],
    gamma: Float[Tensor, " features"],
    dy: Float[Tensor, "batch features"],
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """What the chain rule makes of dl/dy: dl/dx (batch, features), dl/dgamma and dl/dbeta (features)."""
    _, x_hat, m, v = normalise(x, gamma, torch.zeros_like(gamma), eps)
    dx_hat = dy * gamma
    dv = (dx_hat * (x - m)).sum(0) * -0.5 * (v + eps) ** -1.5
    dm = -dx_hat.sum(0) / (v + eps).sqrt()
    dx = dx_hat / (v + eps).sqrt() + dv * 2 * (x - m) / len(x) + dm / len(x)
    return dx, (dy * x_hat).sum(0), dy.sum(0)


def normalise_maps(
    x: Float[Tensor, "batch maps height width"], gamma: Float[Tensor, " maps"], beta: Float[Tensor, " maps"], eps: float
) -> Float[Tensor, "batch maps height width"]:
    """The same for the feature maps of a convolution."""
    rows = x.movedim(1, 3)
    y = normalise(rows.flatten(0, 2), gamma, beta, eps)[0]
    return y.reshape(rows.shape).movedim(3, 1)


def folded(
    W: Float[Tensor, "units inputs"],
    gamma: Float[Tensor, " units"],
    beta: Float[Tensor, " units"],
    mean: Float[Tensor, " units"],
    variance: Float[Tensor, " units"],
    eps: float,
) -> tuple[Tensor, Tensor]:
    """Weights (units, inputs) and biases (units) of the one linear layer that a layer is when it is used."""
    slope = gamma / (variance + eps).sqrt()
    return slope[:, None] * W, beta - slope * mean


class BatchNorm(Module):
    """Batch normalisation with running averages: what it does depends on `self.training`."""

    @given
    def __init__(self, features: int, momentum: float = 0.1, eps: float = 1e-5):
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.gamma, self.beta = Parameter(torch.ones(features)), Parameter(torch.zeros(features))
        self.mean, self.variance = Buffer(torch.zeros(features)), Buffer(torch.ones(features))

    def forward(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch features"]:
        """Normalised by the batch in training, by the running averages afterwards."""
        if self.training:
            y, _, m, v = normalise(x, self.gamma, self.beta, self.eps)
            unbiased = v * len(x) / (len(x) - 1)
            with torch.no_grad():
                self.mean = (1 - self.momentum) * self.mean + self.momentum * m
                self.variance = (1 - self.momentum) * self.variance + self.momentum * unbiased
            return y
        return self.gamma * (x - self.mean) / (self.variance + self.eps).sqrt() + self.beta


def network(
    x: Float[Tensor, "examples inputs"],
    batches: Float[Tensor, "batches batch inputs"],
    layers: list[Layer],
    W: Float[Tensor, "classes hidden"],
    b: Float[Tensor, " classes"],
    eps: float,
) -> Float[Tensor, "examples classes"]:
    """Logits of a trained network by algorithm 2, with the population's means and variances from `batches`."""
    parts = list(batches)
    for weight, gamma, beta in layers:
        sums = [u @ weight.T for u in parts]
        found = [normalise(s, gamma, beta, eps) for s in sums]
        parts = [torch.sigmoid(y) for y, _, _, _ in found]
        mean = torch.stack([m for _, _, m, _ in found]).mean(0)
        variance = torch.stack([v for _, _, _, v in found]).mean(0)
        n = batches.shape[1]
        slopes, biases = folded(weight, gamma, beta, mean, n / (n - 1) * variance, eps)
        x = torch.sigmoid(x @ slopes.T + biases)
    return x @ W.T + b
