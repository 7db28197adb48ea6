"""AlexNet and its small kin in torch.nn."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.alexnet.model import Config
from firsthand.papers.alexnet.recipe import LAPTOP

# Without dropout, whose random numbers two networks cannot share. The batches are of pixels of 0..1 less their mean.
_LARGE = {"widths": (4, 8, 6, 6, 4), "hidden": (10, 12), "images": "large", "grid": 2, "dropout": 0.0}
SMALL = {
    "four layers": Config((4, 4, 8)),
    "tanh": Config((4, 4, 8), activation="tanh", scale=2.0, init="fan-in"),
    "pools side by side": Config((4, 4, 8), (6,), pool=2, dropout=0.0),
    "no response normalisation": Config((4, 4, 8), response_norm=False),
    "two towers": Config(**_LARGE, towers=2),
    "two towers, no padding": Config(**_LARGE, towers=2, padding=0),
    "one tower of 2014": Config(**_LARGE, response_norm=False, drop="inputs", init="fan-in", scale=1.0),
}
VARIANTS = {name: replace(LAPTOP, model=config) for name, config in SMALL.items()}
VARIANTS["laptop"] = replace(LAPTOP, model=replace(LAPTOP.model, dropout=0.0))


class Network(InOrder):
    """One sequence of layers, with the parameters in the same order."""

    overfit = (300, 0.001)  # under dropout a higher rate finds no rest
    examples = 4

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        f = nn.ReLU if config.activation == "relu" else nn.Tanh
        large, two = config.images == "large", config.towers
        kernels = [(11, 4, config.padding, 1), (5, 1, 2, two), (3, 1, 1, 1), (3, 1, 1, two), (3, 1, 1, two)]
        if not large:
            kernels = [(5, 1, config.padding, 1), (5, 1, 2, two), (5, 1, 2, 1)]
        layers: list[nn.Module] = []
        before = config.channels
        for i, (width, (size, stride, padding, groups)) in enumerate(zip(config.widths, kernels, strict=True)):
            layers += [nn.Conv2d(before, width, size, stride, padding, groups=groups), f()]
            if config.response_norm and i < 2:
                layers.append(nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))  # torch divides alpha by 5
            if not large or i in (0, 1, 4):
                layers.append(nn.MaxPool2d(config.pool, 2, ceil_mode=config.pool == 3 and not large))
            before = width
        layers += [nn.AdaptiveAvgPool2d(config.grid), nn.Flatten()]
        before *= config.grid**2
        for units in config.hidden:
            layers += [nn.Linear(before, units), f()]
            before = units
        self.layers = nn.Sequential(*layers, nn.Linear(before, config.classes))

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.layers(self.config.scale * x)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random images of 32 by 32 pixels in three colours, as they are less their mean."""
        images = torch.randn(size, 3, 32, 32, generator=generator, dtype=torch.float64) / 4
        return images, torch.randint(10, (size,), generator=generator)

    @classmethod
    def batch_for(cls, recipe: object, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same; networks for large images get 67 by 67 pixels, of which every pooling finds enough."""
        if recipe.model.images == "small":
            return cls.batch(size, generator)
        images = torch.randn(size, 3, 67, 67, generator=generator, dtype=torch.float64) / 4
        return images, torch.randint(recipe.model.classes, (size,), generator=generator)
