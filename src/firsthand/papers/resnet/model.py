"""Residual networks: a block learns what to add to its input, and a hundred layers train as easily as twenty.

    y = F(x, {W_i}) + x                    block whose input and output have the same shape (eq. 1)
    y = F(x, {W_i}) + W_s x                where they differ, with a projection W_s (eq. 2; options B and C)
    F = W_2 relu(W_1 x)                    basic block: two 3x3 convolutions
    F = W_3 relu(W_2 relu(W_1 x))          bottleneck: 1x1 down to a quarter of the channels, 3x3, 1x1 up again

Batch normalisation stands after every convolution, before the rectifier; the last rectifier of a block comes after the
addition. Option A has no projection: it takes every other pixel and adds channels of zeros. A plain network is the same
without the addition. The networks for CIFAR-10 have 6n + 2 weighted layers: a 3x3 convolution, three stages of n basic
blocks at 32x32, 16x16 and 8x8 pixels, mean over the pixels, one linear layer (sec. 4.2).

Where we differ, or the paper does not say: the zeros of option A stand on both sides of the channels, as in the
CIFAR checkpoints in use; convolutions have no bias; first weights are He's over the fan-out, those of the linear layer
U(±1/sqrt(fan in)). `halve` tells where a bottleneck halves the image: in its first 1x1 convolution (Table 1's
multiply-adds say so) or in the 3x3 ("v1.5", torchvision's, a few percent more work). Names in the state dict are
torchvision's.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import COUNT, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import BatchNorm2d, Conv2d, Linear, global_avg_pool2d, he_, max_pool2d, relu


@dataclass(frozen=True)
class Config:
    """ResNet-20 for CIFAR-10, and what makes the others of it."""

    blocks: tuple[int, ...] = (3, 3, 3)  # blocks of each stage; every stage but the first halves the image
    width: int = 16  # channels within the blocks of the first stage, doubled from stage to stage
    block: Literal["basic", "bottleneck"] = "basic"  # two 3x3 convolutions, or 1x1, 3x3 and 1x1
    shortcut: Literal["A", "B", "C", "none"] = "A"  # zeros, projections where shapes differ, everywhere; none: plain
    stem: Literal["3x3", "7x7"] = "3x3"  # first convolution: for small images, or for large ones, halved twice
    halve: Literal["1x1", "3x3"] = "1x1"  # bottleneck: the convolution that halves the image
    classes: int = 10  # outputs
    channels: int = 3  # of the image

    def __post_init__(self) -> None:
        within(self, "model.", blocks="[1, 1000]", width=SIZE, classes=COUNT, channels=SIZE)
        if not self.blocks:
            raise UserError("model.blocks needs one number of blocks or more.")


class Projection(ModuleList):
    """W_s of equation 2: a 1x1 convolution, every `stride` pixels, and batch normalisation."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__([Conv2d(inputs, outputs, 1, stride, bias=False), BatchNorm2d(outputs)])

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """The input in the shape of the block's output."""
        convolution, norm = self
        return norm(convolution(x))


class Block(Module):
    """A residual block of two or three convolutions, one of which looks at every `stride`-th pixel."""

    def __init__(self, inputs: int, width: int, stride: int, config: Config):
        super().__init__()
        outputs = width if config.block == "basic" else 4 * width
        layers = [(width, 3), (width, 3)] if config.block == "basic" else [(width, 1), (width, 3), (outputs, 1)]
        first = 1 if config.block == "basic" or config.halve == "1x1" else 2
        self.depth, self.plain = len(layers), config.shortcut == "none"
        before = inputs
        for i, (after, size) in enumerate(layers, 1):
            step = stride if i == first else 1
            self.add_module(f"conv{i}", Conv2d(before, after, size, step, size // 2, bias=False))
            self.add_module(f"bn{i}", BatchNorm2d(after))
            before = after
        projects = {"A": False, "B": stride != 1 or inputs != outputs, "C": True, "none": False}[config.shortcut]
        self.downsample = Projection(inputs, outputs, stride) if projects else None
        self.stride, self.zeros = stride, outputs - inputs

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """relu(F(x) + x)."""
        h = x
        for i in range(1, self.depth + 1):
            h = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(h))
            h = relu(h) if i < self.depth else h
        return relu(h if self.plain else h + self.shortcut(x))

    def shortcut(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """The input in the shape of the block's output."""
        if self.downsample is not None:
            return self.downsample(x)
        if self.stride != 1:
            x = x[:, :, :: self.stride, :: self.stride]
        below = self.zeros // 2
        return torch.constant_pad_nd(x, (0, 0, 0, 0, below, self.zeros - below)) if self.zeros else x


class ResNet(Module):
    """The networks of Table 1 and of section 4.2, and their plain twins."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.large, channels = config.stem == "7x7", config.width
        size, stride = (7, 2) if self.large else (3, 1)
        self.conv1 = Conv2d(config.channels, channels, size, stride, size // 2, bias=False)
        self.bn1 = BatchNorm2d(channels)
        self.stages = [f"layer{i}" for i in range(1, len(config.blocks) + 1)]
        for i, (name, count) in enumerate(zip(self.stages, config.blocks, strict=True)):
            stage, width = ModuleList(), config.width * 2**i
            for j in range(count):
                stage.append(Block(channels, width, 2 if i and not j else 1, config))
                channels = width if config.block == "basic" else 4 * width
            self.add_module(name, stage)
        self.fc = Linear(channels, config.classes)
        for kernel in (m.weight for m in self.modules() if isinstance(m, Conv2d)):
            he_(kernel, fan="out")

    def features(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch out h w"]:
        """The maps of the last stage, whose means the linear layer weighs."""
        x = relu(self.bn1(self.conv1(x)))
        x = max_pool2d(x, 3, 2, 1) if self.large else x
        for block in (block for name in self.stages for block in getattr(self, name)):
            x = block(x)
        return x

    def class_maps(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes h w"]:
        """The evidence for every class at every place; the logits are its means."""
        return self.fc(self.features(x).movedim(1, -1)).movedim(-1, 1)

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes"]:
        """Logits."""
        return self.fc(global_avg_pool2d(self.features(x)))
