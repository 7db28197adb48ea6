"""The network that the paper's tables train: pixels in, two hidden layers, ten digits out.

    h1 = f(W1 x + b1)       784 -> 500
    h2 = f(W2 h1 + b2)      500 -> 300
    y  =   W3 h2 + b3       300 -> 10, softmax(y) are the probabilities

The paper is about the rule that trains it, which is `firsthand.optim.Adadelta` (optim/adadelta.py), its algorithm 1:

    E[g^2]_t  = rho E[g^2]_(t-1) + (1 - rho) g_t^2               `square_avg` of the optimiser's state
    dx_t      = - RMS[dx]_(t-1) / RMS[g]_t g_t                   RMS[y] = sqrt(E[y^2] + eps)
    E[dx^2]_t = rho E[dx^2]_(t-1) + (1 - rho) dx_t^2             `acc_delta`
    x_(t+1)   = x_t + dx_t

Symbols: x is any weight, f is `activation` (ReLU for tables 1 and 2, tanh for section 4.1 and figure 2). Where we had
to choose, because the paper does not say: first weights uniform in ±1/sqrt(inputs), and pixels from 0 to 1.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import layered
from firsthand.nn import Linear, ReLU, Tanh


@dataclass(frozen=True)
class Config:
    """Sizes of the network. Source: section 4.1."""

    hidden: tuple[int, ...] = (500, 300)  # units of each hidden layer
    activation: Literal["relu", "tanh"] = "relu"  # f, after every hidden layer

    def __post_init__(self) -> None:
        layered(self)


class DigitNetwork(Module):
    """Linear layers with f between them; 545,810 weights and biases."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.layers = ModuleList(Linear(inputs, units) for inputs, units in pairwise((784, *config.hidden, 10)))
        self.f = ReLU() if config.activation == "relu" else Tanh()

    def forward(self, images: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 10"]:
        """Ten logits an image."""
        h = images.flatten(1)
        for layer in self.layers[:-1]:
            h = self.f(layer(h))
        return self.layers[-1](h)
