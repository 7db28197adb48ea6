"""The network: fully connected layers whose inputs and hidden units are left out at random, anew for every example.

    r_j^(l) ~ Bernoulli(p)                       a mask for each example and layer, that of the pixels y^(0) = x too
    y~^(l) = r^(l) * y^(l)                       what is left of the units: a "thinned" network        (sec. 4)
    z_i^(l+1) = w_i^(l+1) y~^(l) + b_i^(l+1),  y_i^(l+1) = f(z_i^(l+1))
    W_test^(l) = p W^(l)                         no mask at test time: one network stands for all of them

    r' ~ N(1, sigma^2),  sigma^2 = (1 - p) / p   Gaussian noise in the place of r; nothing to scale    (sec. 10)
    r / p in training, W at test time            "inverted" scaling, that of today's libraries         (sec. 10)
    y_i = max_k (w_ik y~ + b_ik)                 maxout, with k linear pieces a unit

Symbols: p is the probability that a unit STAYS, as in the paper; `firsthand.nn.Dropout` and torch.nn.Dropout take the
probability that it is dropped, 1 - p. p is `keep_input` for pixels and `keep_hidden` for hidden units; logits keep all.
f is a rectifier or the logistic function. `thinned` is these equations, `forward` the layers that train.

Where the paper does not say: the first weights; ours are N(0, 2 / inputs) with biases 0. Those of "normal" are of
Hinton et al. (2012). Pixels go from 0 to 1. The max-norm constraint, |w_i| <= c after every update, is the recipe's
`max_norm`. c is meant for the paper's own scaling, the default here; for the inverted one the same c would be p c.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import layered, within
from firsthand.errors import UserError
from firsthand.nn import Dropout, Linear, init, relu, sigmoid

KEEP = "(0, 1]"


@dataclass(frozen=True)
class Config:
    """By default the first network of Table 2 with dropout and rectifiers: 784-1024-1024-1024-10."""

    hidden: tuple[int, ...] = (1024, 1024, 1024)  # units of each hidden layer
    activation: Literal["relu", "logistic", "maxout"] = "relu"  # f
    pieces: int = 5  # maxout: linear pieces of a unit
    keep_input: float = 0.8  # p of the pixels: the probability that one stays
    keep_hidden: float = 0.5  # p of the hidden units
    noise: Literal["bernoulli", "gaussian"] = "bernoulli"  # what multiplies the units while training
    scale: Literal["test", "train"] = "test"  # bernoulli: W becomes p W at test time, or the masks are r / p
    init: Literal["he", "normal"] = "he"  # first weights: N(0, 2 / inputs), or N(0, 0.01^2)

    def __post_init__(self) -> None:
        layered(self)
        within(self, "model.", pieces="[1, 1000]", keep_input=KEEP, keep_hidden=KEEP)
        if self.noise == "gaussian" and self.scale == "train":
            raise UserError("Gaussian noise has mean 1 and needs no scaling: leave model.scale at 'test'.")


class GaussianNoise(Module):
    """y r' with r' ~ N(1, (1 - p) / p) for every unit while training, the identity in eval mode. Source: sec. 10."""

    def __init__(self, keep: float):
        super().__init__()
        self.keep, self.sigma = keep, ((1 - keep) / keep) ** 0.5

    def forward(self, y: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The units times their noise."""
        if not self.training:
            return y
        noise = torch.randn(y.shape, device=y.device).to(y.dtype)  # in single precision: the same for every precision
        return y * (1 + self.sigma * noise)

    def extra_repr(self) -> str:
        return f"keep={self.keep}"


class DropoutNet(Module):
    """Noise and a linear layer in turn, with f between them. Source: sec. 4 and B.1."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config = config
        pieces = config.pieces if config.activation == "maxout" else 1
        self.noise, self.layers = ModuleList(), ModuleList()
        for inputs, units in pairwise((784, *config.hidden)):
            self.layers.append(Linear(inputs, units * pieces))
        self.layers.append(Linear(config.hidden[-1], 10))
        self.keeps = (config.keep_input, *(config.keep_hidden,) * len(config.hidden))
        for keep in self.keeps:
            gaussian = config.noise == "gaussian"
            self.noise.append(GaussianNoise(keep) if gaussian else Dropout(1 - keep, config.scale))
        for layer in self.layers:
            init.he_(layer.weight) if config.init == "he" else init.normal_(layer.weight, 0.01)
            layer.bias.data.zero_()

    def forward(self, images: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 10"]:
        """Ten logits an image: with fresh noise while training, of all units in eval mode."""
        return self.output(self.hidden(images)[-1])

    def hidden(self, images: Float[Tensor, "batch 1 28 28"]) -> list[Float[Tensor, "batch units"]]:
        """The units y of every hidden layer, before their own noise."""
        y, found = images.flatten(1), []
        for noise, layer in zip(self.noise, self.layers[:-1], strict=False):
            y = self.f(layer(noise(y)))
            found.append(y)
        return found

    def output(self, y: Float[Tensor, "batch units"]) -> Float[Tensor, "batch 10"]:
        """Logits from the last hidden layer."""
        return self.layers[-1](self.noise[-1](y))

    def f(self, z: Float[Tensor, "batch sums"]) -> Float[Tensor, "batch units"]:
        """What a unit makes of its weighted sum, or a maxout unit of its pieces."""
        if self.config.activation == "maxout":
            return z.unflatten(1, (-1, self.config.pieces)).max(2).values
        return relu(z) if self.config.activation == "relu" else sigmoid(z)

    def thinned(
        self, images: Float[Tensor, "batch 1 28 28"], masks: list[Float[Tensor, "batch _"]] | None = None
    ) -> Float[Tensor, "batch 10"]:
        """Section 4 as it is printed: logits with these masks r of every layer, or, without masks, with W_test = p W.

        For the paper's own scaling; with masks r / p or r' it is the training step of section 10.
        """
        y = images.flatten(1)
        for number, (layer, p) in enumerate(zip(self.layers, self.keeps, strict=True)):
            if masks is None:
                z = y @ (p * layer.weight).T + layer.bias
            else:
                z = (masks[number] * y) @ layer.weight.T + layer.bias
            y = self.f(z) if layer is not self.layers[-1] else z
        return y


# The fully connected networks of the paper by their names in its tables, each with the recipe's part left out.
VARIANTS = {
    "logistic 2x800, no dropout": Config((800, 800), "logistic", keep_input=1.0, keep_hidden=1.0),  # Table 2: 1.60 %
    "logistic 3x1024": Config(activation="logistic"),  # Table 2: 1.35
    "relu 3x1024": Config(),  # 1.25, with max-norm 1.06
    "relu 3x2048": Config((2048,) * 3),  # with max-norm 1.04
    "relu 2x4096": Config((4096,) * 2),  # with max-norm 1.01
    "relu 2x8192": Config((8192,) * 2),  # with max-norm 0.95
    "maxout 2x(5x240)": Config((240, 240), "maxout"),  # with max-norm 0.94
    "relu 1024-1024-2048": Config((1024, 1024, 2048)),  # Table 9 and Figure 10
    "relu 2x1024, gaussian": Config((1024, 1024), noise="gaussian"),  # Table 10: 0.95
    "2012, 2x800": Config((800, 800), "logistic", init="normal"),  # Hinton et al. (2012), 50 % and 20 % dropped
} | {f"relu {n}x{units}": Config((units,) * n) for n, units in ((2, 1024), (2, 2048), (4, 1024), (4, 2048))}
