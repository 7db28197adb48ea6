"""Network in network: a small perceptron slides over the image, and its last maps are the evidence for the classes.

    f_ijk = max(w_k x_ij, 0)                                               a convolution (eq. 1)
    f1_ijk = max(w1_k x_ij + b1_k, 0),  f2_ijk = max(w2_k f1_ij + b2_k, 0),  f3_ijk = max(w3_k f2_ij + b3_k, 0)
                                                                           "mlpconv", a perceptron (eq. 2)
    z_c = mean over i, j of f_ijc                                          global average pooling (sec. 3.2)

x_ij is the patch around pixel (i, j), f_ij all maps at it, and k one of them: the perceptron is the same everywhere.
Therefore it is a convolution of k by k pixels and two of 1x1 pixels ("cccp" to its authors, cascaded cross-channel
parametric pooling), each rectified; `mlpconv` is equation 2 as it is printed. The last block has a map for every
class, whose means are the logits. There is no linear layer, and whatever the size of the image, no more parameters.

Where we differ, or the paper does not say: it gives no widths; those of `variants.py` are the authors' own definitions
(github.com/mavenlin/cuda-convnet, and Caffe's zoo for ImageNet), in which the class maps are rectified, too, so that
no logit is below zero. Pools of 3x3 pixels every 2 round up: 32, 16, 8. Dropout follows each pool, in the network
for ImageNet the last one only. First weights are N(0, 0.05^2) there and He's here where widths are smaller. For the
comparisons of section 4.6 a linear layer can take the place of the means; theirs, too, is a linear map of all pixels
of the maps. Names in the state dict are those of the definitions: conv1, cccp1, cccp2, conv2, ...
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Float64
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import COUNT, NOT_NEGATIVE, PART, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import Conv2d, Dropout, Linear, adaptive_avg_pool2d, global_avg_pool2d, he_, max_pool2d, normal_, relu
from firsthand.nn.conv import patches


@dataclass(frozen=True)
class Config:
    """The network for CIFAR-10, and what makes the others of it."""

    widths: tuple[int, ...] = (192, 160, 96, 192, 192, 192, 192, 192)  # maps of every layer but the last: three a block
    kernels: tuple[int, ...] = (5, 5, 3)  # pixels a side of the first kernels of each block
    mlpconv: bool = True  # whether two 1x1 convolutions follow in a block; without, one makes the class maps
    images: Literal["small", "large"] = "small"  # large: the first kernels lie 4 pixels apart, without zeros around
    dropout: float = 0.5  # share silenced after each pool, or, for large images, after the last
    rectified: bool = True  # whether the class maps are, too
    head: Literal["mean", "linear"] = "mean"  # what makes logits of the class maps: their means, or a linear layer
    head_dropout: float = 0.0  # linear: share of what it sees that is silenced
    grid: int = 8  # linear: rows and columns that it sees; maps of another size become means
    std: tuple[float, ...] = (0.05,)  # deviation of the first weights: of all layers, or of each; 0: He's instead
    classes: int = 10  # outputs
    channels: int = 3  # of the image

    def __post_init__(self) -> None:
        within(
            self, "model.", widths=SIZE, kernels="[1, 1000]", dropout=PART, head_dropout=PART, grid="[1, 1000]",
            std=NOT_NEGATIVE, classes=COUNT, channels=SIZE,
        )  # fmt: skip
        blocks = len(self.kernels)
        if not blocks or len(self.widths) != (3 * blocks - 1 if self.mlpconv else blocks):
            shape = "three for each of model.kernels but the last" if self.mlpconv else "one for each of model.kernels"
            raise UserError(f"model.widths needs {shape}, got {len(self.widths)} for {blocks}.")
        layers = len(self.widths) + 1
        if len(self.std) not in (1, layers):
            raise UserError(f"model.std needs one number or {layers}, one for each layer, got {len(self.std)}.")


class NiN(Module):
    """Blocks of a k x k and two 1x1 convolutions with pools between them, and the means of the last maps."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config, self.blocks = config, [[f"conv{i}"] for i in range(1, len(config.kernels) + 1)]
        widths, before, cccp = iter((*config.widths, config.classes)), config.channels, 0
        for i, (names, size) in enumerate(zip(self.blocks, config.kernels, strict=True)):
            stride, padding = (4, 0) if config.images == "large" and not i else (1, size // 2)
            more = 2 if config.mlpconv else int(names is self.blocks[-1])
            names += [f"cccp{cccp + j + 1}" for j in range(more)]
            cccp += more
            for name in names:
                after = next(widths)
                self.add_module(name, Conv2d(before, after, size, stride, padding))
                before, size, stride, padding = after, 1, 1, 0
        self.dropout, self.fc = Dropout(config.dropout), None
        if config.head == "linear":
            self.head_dropout, self.fc = Dropout(config.head_dropout), Linear(before * config.grid**2, config.classes)
        layers = [getattr(self, name) for names in self.blocks for name in names]
        stds = config.std if len(config.std) > 1 else config.std * len(layers)
        for layer, std in zip(layers, stds, strict=True):
            normal_(layer.weight, std) if std else he_(layer.weight)
            layer.bias.data.zero_()

    def features(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes h w"]:
        """The maps of the last block, one a class."""
        *others, last = self.blocks
        for number, names in enumerate(others, 1):
            for name in names:
                x = relu(getattr(self, name)(x))
            x = max_pool2d(x, 3, 2, ceil=True)
            x = self.dropout(x) if self.config.images == "small" or number == len(others) else x
        for name in last:
            x = getattr(self, name)(x)
            x = relu(x) if self.config.rectified or name != last[-1] else x
        return x

    def class_maps(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes h w"]:
        """The evidence for every class at every place; the logits are its means, also those of a linear layer."""
        maps = self.features(x)
        if self.fc is None:
            return maps
        maps, grid = self.gridded(maps), self.config.grid
        shares = torch.einsum("kcij, bcij -> bkij", self.fc.weight.unflatten(1, (-1, grid, grid)), maps)
        return shares * grid**2 + self.fc.bias[:, None, None]

    def gridded(self, maps: Float[Tensor, "batch classes h w"]) -> Float[Tensor, "batch classes grid grid"]:
        """The maps in the size that the linear layer needs."""
        return maps if maps.shape[2:] == (self.config.grid,) * 2 else adaptive_avg_pool2d(maps, self.config.grid)

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes"]:
        """Logits."""
        maps = self.features(x)
        if self.fc is None:
            return global_avg_pool2d(maps)
        return self.fc(self.head_dropout(self.gridded(maps).flatten(1)))


def mlpconv(
    x: Float[Tensor, "batch in height width"], layers: Sequence[Conv2d], stride: int = 1, padding: int = 0
) -> Float[Tensor, "batch out h w"]:
    """Equation 2: the perceptron whose weight matrices are the layers' kernels, on every patch of an image.

    f^n_ij = max(W^n f^(n-1)_ij + b^n, 0), with f^0_ij the patch at (i, j).
    """
    side = layers[0].weight.shape[-1]
    windows = patches(torch.constant_pad_nd(x, (padding,) * 4), (side, side), stride)
    f = windows.movedim(1, 3).flatten(3)  # (batch, h, w, in * side * side)
    for layer in layers:
        f = (f @ layer.weight.flatten(1).T + layer.bias).clamp(min=0)
    return f.movedim(3, 1)


def averaging(classes: int, height: int, width: int) -> Float64[Tensor, "classes pixels"]:
    """The fixed weights with which a linear layer of all pixels of the maps is global average pooling (sec. 4.6)."""
    return torch.eye(classes, dtype=torch.float64).repeat_interleave(height * width, 1) / (height * width)
