"""Fully-connected networks of one hidden layer, to compare with: they know nothing of images."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import SIZE, within
from firsthand.nn import Linear, init, scaled_tanh
from firsthand.papers.zipcode import recipe


@dataclass(frozen=True)
class Config:
    """Sizes of a baseline; it squashes and starts as the network of the paper does."""

    hidden: int = 40  # units of the hidden layer
    side: int = 16  # pixels of the field's side, without a border
    output: ClassVar = "squashed"  # for the loss: every unit squashes

    def __post_init__(self) -> None:
        within(self, "model.", hidden=SIZE, side="[16, 1000]")


class FullyConnected(Module):
    """Pixels, one hidden layer and ten outputs, each unit connected to all below."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.hidden, self.out = Linear(config.side**2, config.hidden), Linear(config.hidden, 10)
        for layer in (self.hidden, self.out):
            init.uniform_(layer.weight, 2.4 / init.fan_in(layer.weight))
            layer.bias.data.zero_()

    def forward(self, images: Float[Tensor, "batch 1 side side"]) -> Float[Tensor, "batch 10"]:
        """Ten outputs an image."""
        return scaled_tanh(self.out(scaled_tanh(self.hidden(images.flatten(1)))))


class BaselineTask(recipe.ZipTask):
    """The same task for a fully-connected network."""

    network = FullyConnected


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe for a baseline."""

    model: Config = Config()  # type: ignore[assignment]
    task: ClassVar = BaselineTask
