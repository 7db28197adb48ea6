"""The inception module, and the layers it consists of."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.nn import BatchNorm2d, Conv2d, max_pool2d, relu


class Chain(ModuleList):
    """Layers one after the other."""

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """What the last one makes of the image."""
        for layer in self:
            x = layer(x)
        return x


class Convolution(Module):
    """A convolution, batch normalisation in torchvision's form, and the rectifier."""

    def __init__(self, inputs: int, outputs: int, size: int, normed: bool, stride: int = 1):
        super().__init__()
        self.conv = Conv2d(inputs, outputs, size, stride, size // 2, bias=not normed)
        self.bn = BatchNorm2d(outputs, eps=1e-3) if normed else None

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """The rectified maps."""
        x = self.conv(x)
        return relu(x if self.bn is None else self.bn(x))


class Pool(Module):
    """The largest of 3x3 pixels around each."""

    def forward(self, x: Float[Tensor, "batch channel h w"]) -> Float[Tensor, "batch channel h w"]:
        """See `max_pool2d`."""
        return max_pool2d(x, 3, 1, 1)


class Inception(Module):
    """An inception module: four branches that see the same image, side by side along the channels.

    `widths` are the channels of 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5 and pool projection; `kernel` is 5 but in
    torchvision; without `reduce` it is the naive module. Source: Fig. 2.
    """

    def __init__(self, inputs: int, widths: Sequence[int], normed: bool, kernel: int, reduce: bool):
        super().__init__()
        one, reduce3, three, reduce5, five, project = widths

        def branch(narrow: int, outputs: int, size: int) -> Chain:
            if not reduce:
                return Chain([Convolution(inputs, outputs, size, normed)])
            return Chain([Convolution(inputs, narrow, 1, normed), Convolution(narrow, outputs, size, normed)])

        self.branch1 = Convolution(inputs, one, 1, normed)
        self.branch2 = branch(reduce3, three, 3)
        self.branch3 = branch(reduce5, five, kernel)
        self.branch4 = Chain([Pool(), Convolution(inputs, project, 1, normed)] if reduce else [Pool()])
        self.outputs = one + three + five + (project if reduce else inputs)

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h w"]:
        """The branches' maps: 1x1, 3x3, 5x5, pool."""
        return torch.cat([branch(x) for branch in (self.branch1, self.branch2, self.branch3, self.branch4)], 1)
