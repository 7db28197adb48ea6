"""The fully-connected networks that the paper compares LeNet-5 with: 28x28 pixels, one or two hidden layers."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import layered
from firsthand.data.specs import Images
from firsthand.nn import Linear, init
from firsthand.nn.activation import ScaledTanh
from firsthand.train import recipe
from firsthand.train.classify import Classify


@dataclass(frozen=True)
class Config:
    """Sizes of a baseline."""

    hidden: tuple[int, ...] = (300,)  # units of each hidden layer

    def __post_init__(self) -> None:
        layered(self)


class Baseline(Module):
    """Linear layers with LeNet-5's squashing and first weights, then logits. Source: sec. III-C.5 and III-C.6."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.layers = ModuleList()
        for inputs, units in pairwise((784, *config.hidden, 10)):
            linear = Linear(inputs, units)
            init.uniform_(linear.weight, 2.4 / inputs**0.5)
            linear.bias.data.zero_()
            self.layers += [linear, ScaledTanh()]
        del self.layers[-1]

    def forward(self, images: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 10"]:
        """Ten logits an image."""
        x = images.flatten(1)
        for layer in self.layers:
            x = layer(x)
        return x


class BaselineTask(Classify):
    """Read one digit with a fully-connected network, under cross-entropy."""

    network = Baseline
    side = 28

    def prepare(self, images: Tensor) -> Tensor:
        """Pixels scaled as for LeNet-5, without the wider border."""
        return images[:, None].float() / 255 * 1.275 - 0.1


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe for a baseline."""

    model: Config = Config()
    data: Images = Images()
    task: ClassVar = BaselineTask
