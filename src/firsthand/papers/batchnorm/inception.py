"""BN-Inception: the network of section 4.2, each of its convolutions normalised before its rectifier.

    z = max(0, BN(W * u))       * is convolution: one gamma and beta a map, statistics over batch and pixels (sec. 3.2)

A row of `TABLE`, the supplement's, is a module. Against GoogLeNet every 5x5 convolution is two of 3x3, there are three
modules at 28x28 pixels, and 3c and 4e halve the image with strides while their pooled maps pass through. The first
convolution is separable: 8 maps of 7x7 for each colour, then 1x1. A side tower on 4c speaks in training only. The
weights, without gains and biases, are 13,581,976: the paper's "13.6e6" counts the tower.

Where we differ, or the paper does not say: the table prints 128 maps for 4d's pooling, but 576 maps in all, which needs
96 (the count cannot tell: with 128 it is 13.61e6). Zeros around the image count in averages. First weights are He's.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import within
from firsthand.errors import UserError
from firsthand.nn import BatchNorm2d, Conv2d, Linear, avg_pool2d, global_avg_pool2d, init, max_pool2d, relu

Maps, Made = Float[Tensor, "batch channel height width"], Float[Tensor, "batch map h w"]


class Row(NamedTuple):
    """Maps of a module's branches."""

    one: int  # 1x1; 0: no such branch
    three: tuple[int, int]  # 1x1, then 3x3
    five: tuple[int, int]  # 1x1, then 3x3 twice, which together see 5x5
    pool: Literal["average", "max"]
    project: int  # 1x1 after pooling; 0: the pooled maps pass through, and the module has stride 2


TABLE = {
    "3a": Row(64, (64, 64), (64, 96), "average", 32),
    "3b": Row(64, (64, 96), (64, 96), "average", 64),
    "3c": Row(0, (128, 160), (64, 96), "max", 0),
    "4a": Row(224, (64, 96), (96, 128), "average", 128),
    "4b": Row(192, (96, 128), (96, 128), "average", 128),
    "4c": Row(160, (128, 160), (128, 160), "average", 96),
    "4d": Row(96, (128, 192), (160, 192), "average", 96),
    "4e": Row(0, (128, 192), (192, 256), "max", 0),
    "5a": Row(352, (192, 320), (160, 224), "average", 128),
    "5b": Row(352, (192, 320), (192, 224), "max", 128),
}


@dataclass(frozen=True)
class Config:
    """The published network, and smaller ones of its shape."""

    classes: int = 1000  # logits
    size: int = 224  # pixels of a side of the image, a multiple of 32
    width: float = 1.0  # share of the published number of maps, and of the tower's units, each 1 or more

    def __post_init__(self) -> None:
        within(self, "model.", classes="[2, 1e6]", size="[96, 4096]", width="(0, 8]")
        if self.size % 32:
            raise UserError(f"model.size must be a multiple of 32, got {self.size}.")

    def maps(self, published: int) -> int:
        """How many there are for a published number."""
        return published and max(1, round(self.width * published))


class Normed(Module):
    """Convolution without a bias, batch normalisation, rectifier."""

    def __init__(self, channels: int, maps: int, kernel: int, stride: int = 1):
        super().__init__()
        self.conv = Conv2d(channels, maps, kernel, stride, kernel // 2, bias=False)
        self.norm = BatchNorm2d(maps)
        init.he_(self.conv.weight)

    def forward(self, x: Maps) -> Made:
        """max(0, BN(W * u))."""
        return relu(self.norm(self.conv(x)))


class Block(Module):
    """A module of the table: its branches side by side, the pooled maps last."""

    def __init__(self, channels: int, row: Row, config: Config):
        super().__init__()
        one, project = config.maps(row.one), config.maps(row.project)
        (a, b), (c, d) = (map(config.maps, pair) for pair in (row.three, row.five))
        self.stride, self.pool = 1 if project else 2, avg_pool2d if row.pool == "average" else max_pool2d
        self.one = Normed(channels, one, 1) if one else None
        self.three = ModuleList([Normed(channels, a, 1), Normed(a, b, 3, self.stride)])
        self.five = ModuleList([Normed(channels, c, 1), Normed(c, d, 3), Normed(d, d, 3, self.stride)])
        self.project = Normed(channels, project, 1) if project else None
        self.channels = one + b + d + (project or channels)

    def forward(self, x: Maps) -> Made:
        """All maps; half the height and width where the pooled ones pass through."""
        three, five, pooled = x, x, self.pool(x, 3, self.stride, 1)
        for layer in self.three:
            three = layer(three)
        for layer in self.five:
            five = layer(five)
        maps = [three, five, pooled if self.project is None else self.project(pooled)]
        return torch.cat(maps if self.one is None else [self.one(x), *maps], 1)


class Tower(Module):
    """The side tower: 5x5 averages 3 apart, 1x1 convolution, a layer of 768 units, logits."""

    def __init__(self, channels: int, config: Config):
        super().__init__()
        maps, units = config.maps(128), config.maps(768)
        self.conv = Normed(channels, maps, 1)
        self.hidden = Linear(maps * ((config.size // 16 - 5) // 3 + 1) ** 2, units)
        self.output = Linear(units, config.classes)

    def forward(self, x: Maps) -> Float[Tensor, "batch classes"]:
        """Logits from 14x14 maps."""
        return self.output(relu(self.hidden(self.conv(avg_pool2d(x, 5, 3)).flatten(1))))


class Inception(Module):
    """Separable stem, ten modules, the mean of every map, logits; while it trains, the side tower's logits, too."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        first, last = config.maps(64), config.maps(192)
        self.colours = Conv2d(3, 24, 7, 2, 3, bias=False, groups=3)  # 8 maps for each
        self.stem = ModuleList([Normed(24, first, 1), Normed(first, first, 1), Normed(first, last, 3)])
        self.blocks, channels = ModuleList(), last
        for name, row in TABLE.items():
            self.blocks.append(Block(channels, row, config))
            channels = self.blocks[-1].channels
            if name == "4c":
                self.tower = Tower(channels, config)
        self.output = Linear(channels, config.classes)

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch heads classes"]:
        """Logits of the output and, in training, behind them those of the tower."""
        x = max_pool2d(self.stem[0](self.colours(images)), 3, 2, 1)  # (batch, 64, 56, 56)
        x = max_pool2d(self.stem[2](self.stem[1](x)), 3, 2, 1)  # (batch, 192, 28, 28)
        heads = []
        for name, block in zip(TABLE, self.blocks, strict=True):
            x = block(x)
            if name == "4c" and self.training:
                heads.append(self.tower(x))
        return torch.stack([self.output(global_avg_pool2d(x)), *heads], 1)
