"""The network of section 6.2 and the logistic regression of section 6.1 as a torch.nn.Sequential."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.adam.model import Config
from firsthand.papers.adam.recipe import PRESETS

# Without dropout: two networks that draw their own masks cannot be compared.
VARIANTS = {
    "laptop": replace(PRESETS["laptop"], model=Config(dropout=0.0)),
    "logistic": replace(PRESETS["logistic"], model=Config(hidden=(), dropout=0.0)),
}


class Network(InOrder):
    """Flatten, then Linear, ReLU and Dropout in a row, and a last Linear."""

    overfit = (200, 0.001)  # under dropout a higher rate finds no rest

    def __init__(self, config: Config):
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        sizes = (784, *config.hidden)
        for inputs, outputs in zip(sizes, config.hidden, strict=False):
            layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(config.dropout)]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], 10))

    def forward(self, images: Tensor) -> Tensor:
        """Ten logits an image."""
        return self.layers(images)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images with pixels from 0 to 1, and classes."""
        images = torch.rand(size, 1, 28, 28, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)
