"""AnyNets in torch.nn."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import InOrder
from firsthand.papers.regnet.line import anynet, regnet
from firsthand.papers.regnet.model import Config
from firsthand.papers.regnet.recipe import LAPTOP

SMALL = {
    "X": regnet(4, 8, 8.0, 2.0, 4, stem=8),
    "Y": regnet(4, 8, 8.0, 2.0, 4, stem=8, squeeze=True),
    "X, bottleneck": regnet(4, 16, 16.0, 2.0, 4, 2.0, stem=8),
    "X, inverted bottleneck": regnet(3, 8, 8.0, 2.0, 4, 0.5, stem=8),
    "Y, bottleneck, large images": regnet(4, 16, 16.0, 2.0, 4, 2.0, squeeze=True, stem=8, stem_stride=2),
    "free sizes": anynet((2, 1, 1), (16, 8, 24), (2.0, 1.0, 4.0), (2, 8, 1), stem=8),
}
VARIANTS = {name: replace(LAPTOP, model=config) for name, config in SMALL.items()}


def convolution(inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution and its batch normalisation."""
    return [nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]


class Weighted(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        first, second = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), first, nn.ReLU(), second, nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """Maps times their weights."""
        return self.gate(x) * x


class Block(nn.Module):
    """An X or Y block."""

    def __init__(self, inputs: int, width: int, ratio: float, group: int, first: bool, squeeze: bool):
        super().__init__()
        inside = int(width / ratio)
        stride = 2 if first else 1
        self.f = nn.Sequential(
            *convolution(inputs, inside), nn.ReLU(),
            *convolution(inside, inside, 3, stride, inside // group), nn.ReLU(),
            *([Weighted(inside, round(0.25 * inputs))] if squeeze else []), *convolution(inside, width),
        )  # fmt: skip
        self.w = nn.Sequential(*(convolution(inputs, width, 1, stride) if first else []))

    def forward(self, x: Tensor) -> Tensor:
        """The sum, rectified."""
        return nn.functional.relu(self.w(x) + self.f(x))


class Network(InOrder):
    """The same network as one sequence, with the parameters in the same order."""

    examples = 8

    def __init__(self, config: Config):
        super().__init__()
        before = config.stem
        layers = [*convolution(config.channels, before, 3, config.stem_stride), nn.ReLU()]
        for depth, width, ratio, group in zip(config.depths, config.widths, config.ratios, config.groups, strict=True):
            for j in range(depth):
                layers.append(Block(before, width, ratio, group, j == 0, config.squeeze))
                before = width
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, config.classes))

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.layers(x)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random images of 28 by 28 pixels."""
        images = torch.randn(size, 1, 28, 28, generator=generator, dtype=torch.float64)
        return images, torch.randint(10, (size,), generator=generator)
