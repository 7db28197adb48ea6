"""The network of section 4.1: sigmoid layers on binary images of digits, each normalised over the batch.

    m = 1/n sum x_i,  v = 1/n sum (x_i - m)^2             the batch's mean and biased variance of one unit
    x^_i = (x_i - m) / sqrt(v + eps),  y_i = gamma x^_i + beta = BN(x_i)          (algorithm 1)
    z = g(BN(W u))                                        a layer: no bias, for beta takes its place (section 3.2)
    y = a x + (beta - a E[x]),  a = gamma / sqrt(Var[x] + eps)                    when it is used (algorithm 2)

Symbols: u are a layer's inputs, W its weights, g the sigmoid; gamma and beta, which are learned, are `weight` and
`bias` of a BatchNorm1d; E[x] and Var[x] = n / (n - 1) E[v] are of all batches, for which the layer that trains keeps
running averages. `normalise`, `gradients` and `inference` are the paper's steps as printed; a test holds the layer
that trains equal to them.

Where we differ, or the paper does not say: eps (ours 1e-5); the weight of the running averages (0.1); gamma and beta
start at 1 and 0; the first weights are "small random Gaussian values" of no given size (std, 0.01). The output layer
is not normalised: "each hidden layer" is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import NOT_NEGATIVE, layered, within
from firsthand.nn import BatchNorm1d, Linear, Sigmoid, init

Batch = Float[Tensor, "batch features"]
Features = Float[Tensor, " features"]


@dataclass(frozen=True)
class Config:
    """The published network, of any depth and width, with batch normalisation or without."""

    hidden: tuple[int, ...] = (100, 100, 100)  # units of each hidden layer
    batch_norm: bool = True  # whether the hidden layers are normalised; without, they have biases
    std: float = 0.01  # standard deviation of the first weights; biases start at 0

    def __post_init__(self) -> None:
        layered(self)
        within(self, "model.", std=NOT_NEGATIVE)


VARIANTS = {
    "mnist": Config(),  # 784-100-100-100-10, 100,010 parameters
    "mnist-plain": Config(batch_norm=False),  # the same without batch normalisation: 99,710
    "mnist-deep": Config(hidden=(100,) * 10),  # ten hidden layers
    "mnist-deep-plain": Config(hidden=(100,) * 10, batch_norm=False),
}


def normalise(x: Batch, gamma: Features, beta: Features, eps: float = 1e-5) -> tuple[Batch, Batch, Features, Features]:
    """Algorithm 1, line by line: returns y, x^, m and v of a mini-batch."""
    n = len(x)
    m = x.sum(0) / n  # mini-batch mean
    v = ((x - m) ** 2).sum(0) / n  # mini-batch variance
    x_hat = (x - m) / torch.sqrt(v + eps)  # normalise
    y = gamma * x_hat + beta  # scale and shift
    return y, x_hat, m, v


def gradients(x: Batch, gamma: Features, dy: Batch, eps: float = 1e-5) -> tuple[Batch, Features, Features]:
    """The chain rule through algorithm 1 as printed: of dl/dy it makes dl/dx, dl/dgamma and dl/dbeta.

    x moves the loss by itself, through m and through v: who leaves out the last two trains another network.
    Source: section 3, the six equations after algorithm 1.
    """
    n = len(x)
    _, x_hat, m, v = normalise(x, gamma, torch.zeros_like(gamma), eps)
    dx_hat = dy * gamma
    dv = (dx_hat * (x - m) * -0.5 * (v + eps) ** -1.5).sum(0)
    dm = (dx_hat * -1 / torch.sqrt(v + eps)).sum(0) + dv * (-2 * (x - m)).sum(0) / n
    dx = dx_hat / torch.sqrt(v + eps) + dv * 2 * (x - m) / n + dm / n
    return dx, (dy * x_hat).sum(0), dy.sum(0)


def inference(
    x: Batch, gamma: Features, beta: Features, mean: Features, variance: Features, eps: float = 1e-5
) -> Batch:
    """The last line of algorithm 2: with E[x] and Var[x] of the population the layer is a fixed line for each unit."""
    slope = gamma / torch.sqrt(variance + eps)
    return slope * x + (beta - slope * mean)


class SigmoidNetwork(Module):
    """784 binary pixels, hidden layers of sigmoid units, ten logits."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.linear, self.norm = ModuleList(), ModuleList()
        for inputs, units in pairwise((784, *config.hidden)):
            self.linear.append(Linear(inputs, units, bias=not config.batch_norm))
            if config.batch_norm:
                self.norm.append(BatchNorm1d(units))
        self.output = Linear(config.hidden[-1], 10)
        self.g = Sigmoid()
        for layer in (*self.linear, self.output):
            init.normal_(layer.weight, config.std)
            if layer.bias is not None:
                layer.bias.data.zero_()

    def forward(self, images: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 10"]:
        """Ten logits an image."""
        *_, x = self.inputs(images)
        return self.output(self.g(x))

    def inputs(self, images: Float[Tensor, "batch 1 28 28"]) -> Iterator[Float[Tensor, "batch units"]]:
        """What goes into the sigmoids of each hidden layer, after its normalisation if there is one (figure 1b, c)."""
        u = images.flatten(1)
        for place, layer in enumerate(self.linear):
            x = layer(u)
            if self.norm:
                x = self.norm[place](x)
            yield x
            u = self.g(x)
