"""VGG in torch.nn."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.vgg.model import Config
from firsthand.papers.vgg.recipe import LAPTOP

# Without dropout: two networks that draw their own masks cannot be compared. And without batch normalisation, which
# makes the gradients of the biases before it zero but for rounding: tests/papers/test_vgg.py compares the others.
SMALL = Config(width=4, hidden=24, dropout=0.0)
CONFIGS = {
    "A": SMALL,
    "A-LRN": replace(SMALL, response=True),
    "C": replace(SMALL, blocks=(2, 2, 3, 3, 3), pointwise=True),
    "D": replace(SMALL, blocks=(2, 2, 3, 3, 3)),
    "A, means over a grid": replace(SMALL, pools=2),
}
VARIANTS = {name: replace(LAPTOP, model=config) for name, config in CONFIGS.items()}


class Network(Twin):
    """The same network as two sequences, with torchvision's names."""

    overfit = (300, 0.001)  # under dropout a higher rate finds no rest
    examples = 8

    def __init__(self, config: Config):
        super().__init__()
        layers, before = [], config.channels
        for i, count in enumerate(config.blocks):
            width = (config.width << i) if i < 4 else 8 * config.width
            for j in range(count):
                size = 1 if config.pointwise and j == 2 else 3
                layers.append(nn.Conv2d(before, width, size, padding="same"))
                layers += [nn.BatchNorm2d(width)] if config.batch_norm else []
                layers.append(nn.ReLU())
                if config.response and not i and not j:  # torch divides alpha by the size
                    layers.append(nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))
                before = width
            layers += [nn.MaxPool2d(2)] if i < config.pools else []
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(config.side)
        hidden, drop = config.hidden, config.dropout
        self.classifier = nn.Sequential(
            nn.Linear(before * config.side**2, hidden), nn.ReLU(), nn.Dropout(drop),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(drop), nn.Linear(hidden, config.classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.classifier(self.pool(self.features(x)).flatten(1))

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random grey images of 28 by 28 pixels."""
        images = torch.randn(size, 1, 28, 28, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)
