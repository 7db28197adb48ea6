"""Zeiler's network as a torch.nn.Sequential."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.adadelta.model import Config
from firsthand.papers.adadelta.recipe import PRESETS

VARIANTS = {"laptop": PRESETS["laptop"], "tanh": replace(PRESETS["paper"], model=Config(activation="tanh"))}


class Network(InOrder):
    """Flatten, then Linear and ReLU or Tanh in turn."""

    def __init__(self, config: Config):
        super().__init__()
        squash = {"relu": nn.ReLU, "tanh": nn.Tanh}[config.activation]
        layers: list[nn.Module] = [nn.Flatten()]
        width = 28 * 28
        for units in config.hidden:
            layers += [nn.Linear(width, units), squash()]
            width = units
        self.layers = nn.Sequential(*layers, nn.Linear(width, 10))

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        return self.layers(images)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images with pixels from 0 to 1, and classes."""
        images = torch.rand(size, 1, 28, 28, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)
