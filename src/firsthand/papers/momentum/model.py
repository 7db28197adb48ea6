"""The deep autoencoder of section 3: pixels through a narrow code and back, every unit a sigmoid.

    h = sigmoid(W h + b),  h = pixels x at first     784-1000-500-250-30 down to the code, then the same sizes back up
    E = sum over pixels (y - x)^2                    squared error of an image; training minimises its mean

    parameters: 1,418,280 down and 1,419,034 up, together 2,837,314

The paper is about the rule that trains it, which is `firsthand/optim/sgd.py`:

    v <- mu v - eps grad f(theta)           theta <- theta + v       classical momentum, CM (eqs. 1 and 2)
    v <- mu v - eps grad f(theta + mu v)    theta <- theta + v       Nesterov's accelerated gradient, NAG (eqs. 3 and 4)

Symbols: mu is `momentum`, eps `lr`, theta the parameters; v is -lr times `momentum_buffer` in the rule's state. With
`nesterov` the parameters that the rule stores are the look-ahead points theta + mu v, not theta.

Where the paper does not say: all units are sigmoids here, the code's too, which in Hinton & Salakhutdinov (2006) are
linear. `shrink` averages squares of pixels before the first layer, for the small network of the laptop.
"""

from dataclasses import dataclass
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import COUNT, NOT_NEGATIVE, layered, within
from firsthand.errors import UserError
from firsthand.nn import Linear, avg_pool2d, init, sigmoid


@dataclass(frozen=True)
class Config:
    """Sizes of the network for MNIST."""

    hidden: tuple[int, ...] = (1000, 500, 250, 30)  # units of each layer from the pixels to the code; back up the same
    shrink: int = 1  # pixels on the side of the squares that are averaged into one: 1 (28x28 inputs), 2 (14x14) or 4
    connections: int = 15  # weights of each unit that do not start at zero
    scale: float = 1.0  # their standard deviation

    def __post_init__(self) -> None:
        layered(self)
        within(self, "model.", shrink=COUNT, connections=COUNT, scale=NOT_NEGATIVE)
        if self.shrink not in (1, 2, 4, 7, 14):
            raise UserError(f"Squares of {self.shrink} pixels do not fill 28x28: model.shrink is 1, 2, 4, 7 or 14.")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of every layer, from the pixels to the code and back."""
        down = ((28 // self.shrink) ** 2, *self.hidden)
        return down + down[-2::-1]


class Autoencoder(Module):
    """Encoder and decoder, one list of layers; the code is in its middle. Source: sec. 3."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.shrink = config.shrink
        self.layers = ModuleList(Linear(inputs, units) for inputs, units in pairwise(config.sizes))
        for layer in self.layers:
            init.sparse_(layer.weight, config.connections, config.scale)
            layer.bias.data.zero_()

    def seen(self, images: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 h w"]:
        """What the network is to reproduce: the means of the squares; images shrunk already stay as they are."""
        return images if images.shape[-1] == 28 // self.shrink else avg_pool2d(images, self.shrink)

    def code(self, images: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch code"]:
        """The narrow layer's units."""
        h = self.seen(images).flatten(1)
        for layer in self.layers[: len(self.layers) // 2]:
            h = sigmoid(layer(h))
        return h

    def decode(self, code: Float[Tensor, "batch code"]) -> Float[Tensor, "batch 1 h w"]:
        """The picture that a code stands for."""
        h = code
        for layer in self.layers[len(self.layers) // 2 :]:
            h = sigmoid(layer(h))
        side = 28 // self.shrink
        return h.view(-1, 1, side, side)

    def forward(self, images: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 h w"]:
        """The reconstructions of what is seen."""
        return self.decode(self.code(images))
