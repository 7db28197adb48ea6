"""The network as a torch.nn.Sequential."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.regularization.model import Config
from firsthand.papers.regularization.recipe import PRESETS

ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU, "sigmoid": nn.Sigmoid}


class Network(InOrder):
    """Flatten, then Linear, BatchNorm1d and the activation in a row; without dropout, whose masks are drawn."""

    def __init__(self, config: Config):
        super().__init__()
        width, layers = config.inputs, [nn.Flatten()]
        for units in config.hidden:
            layers += [nn.Linear(width, units, bias=not config.batch_norm)]
            layers += [nn.BatchNorm1d(units)] * config.batch_norm + [ACTIVATIONS[config.activation]()]
            width = units
        self.layers = nn.Sequential(*layers, nn.Linear(width, config.classes))

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        return self.layers(images)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Standardised pixels and classes."""
        images = torch.randn(size, 1, 28, 28, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)


_LAPTOP = PRESETS["laptop"]
_PAPER = replace(PRESETS["paper"], model=Config(hidden=(40,) * 5))
VARIANTS = {
    "laptop, no dropout": replace(_LAPTOP, model=replace(_LAPTOP.model, dropout=0.0)),
    "overfit": PRESETS["overfit"],
    "paper, 40 units": _PAPER,
    "standard": replace(_PAPER, model=replace(_PAPER.model, init="standard")),
    "sigmoid": replace(_PAPER, model=replace(_PAPER.model, activation="sigmoid", init="normal", gain=20.0)),
}
