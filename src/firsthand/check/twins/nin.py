"""Network in network in torch.nn."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.nin.model import Config
from firsthand.papers.nin.recipe import LAPTOP

# Without dropout: two networks that draw their own masks cannot be compared.
NARROW = Config((8, 6, 4, 8, 8, 8, 8, 8), std=(0.0,), dropout=0.0)
CONFIGS = {
    "means of maps": NARROW,
    "maps not rectified": replace(NARROW, rectified=False),
    "linear head": replace(NARROW, head="linear"),
    "linear head, means over a grid": replace(NARROW, head="linear", grid=5),
    "plain convolutions": replace(NARROW, widths=(8, 8, 8), mlpconv=False),
    "large images": Config(
        (8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8), (11, 5, 3, 3), images="large", std=(0.0,), dropout=0.0
    ),
}  # fmt: skip
VARIANTS = {name: replace(LAPTOP, model=config) for name, config in CONFIGS.items()}


class Network(InOrder):
    """The same network as one sequence, with the parameters in the same order."""

    overfit = (300, 0.002)

    def __init__(self, config: Config):
        super().__init__()
        widths, before, layers = [*config.widths, config.classes], config.channels, []
        each = 3 if config.mlpconv else 1
        for i, size in enumerate(config.kernels):
            last = i + 1 == len(config.kernels)
            chosen = widths[each * i :] if last else widths[each * i : each * (i + 1)]
            far = config.images == "large" and i == 0
            for j, width in enumerate(chosen):
                if j > 0:
                    layers.append(nn.Conv2d(before, width, 1))
                else:
                    layers.append(nn.Conv2d(before, width, size, 4 if far else 1, 0 if far else size // 2))
                layers.append(nn.ReLU())
                before = width
            if not last:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
                if config.images == "small" or i + 2 == len(config.kernels):
                    layers.append(nn.Dropout(config.dropout))
        if not config.rectified:
            layers.pop()
        if config.head == "mean":
            layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        else:
            head = nn.Linear(before * config.grid**2, config.classes)
            layers += [nn.AdaptiveAvgPool2d(config.grid), nn.Flatten(), nn.Dropout(config.head_dropout), head]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.layers(x)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random images of 32 by 32 pixels in three colours."""
        images = torch.randn(size, 3, 32, 32, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)

    @classmethod
    def batch_for(cls, recipe: object, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images of 96 by 96 pixels where large ones are meant."""
        if recipe.model.images == "small":
            return cls.batch(size, generator)
        images = torch.randn(size, 3, 96, 96, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)
