"""Residual networks in torch.nn."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.resnet.model import Config
from firsthand.papers.resnet.recipe import LAPTOP

SMALL = {
    "ResNet-8, A": Config((1, 1, 1), 8),
    "ResNet-8, B": Config((1, 1, 1), 8, shortcut="B"),
    "ResNet-8, C": Config((1, 1, 1), 8, shortcut="C"),
    "plain-8": Config((1, 1, 1), 8, shortcut="none"),
    "bottleneck, A": Config((2, 1), 4, "bottleneck", "A"),
    "bottleneck, large images, v1": Config((1, 2), 4, "bottleneck", "B", "7x7"),
    "bottleneck, large images, v1.5": Config((1, 2), 4, "bottleneck", "B", "7x7", "3x3"),
}
VARIANTS = {name: replace(LAPTOP, model=config) for name, config in SMALL.items()}


class Zeros(nn.Module):
    """Option A."""

    def __init__(self, stride: int, more: int):
        super().__init__()
        self.pool, self.more = nn.MaxPool2d(1, stride), more

    def forward(self, x: Tensor) -> Tensor:
        """Every other pixel, between channels of zeros."""
        x = self.pool(x)
        zeros = x.new_zeros(len(x), self.more, *x.shape[2:])
        return torch.cat([zeros[:, : self.more // 2], x, zeros[:, self.more // 2 :]], 1)


class Block(nn.Module):
    """A block of convolutions beside its shortcut."""

    def __init__(self, inputs: int, width: int, stride: int, config: Config):
        super().__init__()

        def layers(sizes: list[tuple[int, int, int, int]]) -> nn.Sequential:
            found = []
            for before, after, size, step in sizes:
                found += [nn.Conv2d(before, after, size, step, size // 2, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
            return nn.Sequential(*found[:-1])

        if config.block == "basic":
            outputs = width
            self.f = layers([(inputs, width, 3, stride), (width, width, 3, 1)])
        else:
            outputs = 4 * width
            first, second = (stride, 1) if config.halve == "1x1" else (1, stride)
            self.f = layers([(inputs, width, 1, first), (width, width, 3, second), (width, outputs, 1, 1)])
        same = stride == 1 and inputs == outputs
        self.w = None
        if config.shortcut == "C" or (config.shortcut == "B" and not same):
            self.w = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        elif config.shortcut != "none":
            self.w = nn.Identity() if same else Zeros(stride, outputs - inputs)

    def forward(self, x: Tensor) -> Tensor:
        """Their sum, rectified."""
        return nn.functional.relu(self.f(x) if self.w is None else self.f(x) + self.w(x))


class Network(InOrder):
    """The same network as one sequence, with the parameters in the same order."""

    examples = 8

    def __init__(self, config: Config):
        super().__init__()
        channels = config.width
        size, stride = (7, 2) if config.stem == "7x7" else (3, 1)
        first = nn.Conv2d(config.channels, channels, size, stride, size // 2, bias=False)
        layers = [first, nn.BatchNorm2d(channels), nn.ReLU()]
        layers += [nn.MaxPool2d(3, 2, 1)] if config.stem == "7x7" else []
        for i, count in enumerate(config.blocks):
            for j in range(count):
                layers.append(Block(channels, config.width << i, 2 if i > 0 and j == 0 else 1, config))
                channels = (config.width << i) * (1 if config.block == "basic" else 4)
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, config.classes))

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.layers(x)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random images of 32 by 32 pixels in three colours."""
        images = torch.randn(size, 3, 32, 32, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)
