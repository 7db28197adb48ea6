"""VGG: one design of 3x3 convolutions, from eleven to nineteen layers of weights.

    h = relu(W * h + b)           every convolution: 3x3 pixels, one pixel apart, one pixel of zeros around
    h = max of 2x2 pixels         after each of five blocks, whose widths are 64, 128, 256, 512 and 512
    logits = W_3 relu(W_2 relu(W_1 h + b_1) + b_2) + b_3    of the 7x7 pixels that are left (sec. 2.1)

Configurations A to E differ in the number of convolutions of each block (Table 1). Two 3x3 convolutions see 5x5 pixels,
three see 7x7, with 27 C^2 weights for C channels where one 7x7 convolution has 49 C^2 (sec. 2.3). In C the last
convolution of the last three blocks looks at a single pixel; A-LRN normalises the first responses as AlexNet did.

For testing, the fully-connected layers are convolutions of 7x7, 1x1 and 1x1 pixels: on a larger image they give a map
of scores, whose mean over space counts, and probabilities are means over the image and its mirror image (sec. 3.2).

Where we differ, or the paper does not say: small images have fewer pools, and maps of `side` pixels in place of 7.
Of maps that are too large for the linear layers `forward` takes the means over a grid, as torchvision does; `dense` is
the paper's way, where soft-max comes after the mean over space. First weights have a variance of 10^-2 in the text, a
deviation of 10^-2 in common practice (`std`). A's first four convolutions do not have the shapes of a deeper network's;
`start.py` takes each to its own block. Batch normalisation came later. State-dict names are torchvision's.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.bounds import COUNT, NOT_NEGATIVE, PART, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import (
    BatchNorm2d,
    Conv2d,
    Dropout,
    Linear,
    ReLU,
    adaptive_avg_pool2d,
    conv2d,
    glorot_,
    he_,
    local_response_norm,
    max_pool2d,
    normal_,
    softmax,
)


@dataclass(frozen=True)
class Config:
    """Configuration A for small images, and what makes the others of it."""

    blocks: tuple[int, ...] = (1, 1, 2, 2, 2)  # convolutions of each block
    width: int = 8  # channels of the first block, doubled from block to block up to eight times as many; published: 64
    pools: int = 3  # blocks that end in a pool, the first ones; published: all five
    side: int = 3  # pixels a side of the maps that the linear layers see; published: 7
    hidden: int = 128  # units of each hidden linear layer; published: 4096
    pointwise: bool = False  # whether the third convolution of a block looks at one pixel only, as in C
    response: bool = False  # whether the first responses are normalised, as in A-LRN
    batch_norm: bool = False  # whether every convolution is followed by batch normalisation
    dropout: float = 0.5  # share of the hidden linear units that are silent while training
    init: Literal["normal", "glorot", "he"] = "he"  # first weights; biases start at 0
    std: float = 0.1  # normal: standard deviation of the first weights, the root of the published variance
    classes: int = 10  # outputs
    channels: int = 1  # of the image

    def __post_init__(self) -> None:
        within(
            self, "model.", blocks="[1, 1000]", width=SIZE, pools="[0, 100]", side="[1, 1000]", hidden=SIZE,
            dropout=PART, std=NOT_NEGATIVE, classes=COUNT, channels=SIZE,
        )  # fmt: skip
        if not max(self.pools, 1) <= len(self.blocks):
            raise UserError(f"model.pools is {self.pools}: it needs as many numbers in model.blocks, and one at least.")


class Pool(Module):
    """The largest of every 2x2 pixels."""

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel h w"]:
        """See `max_pool2d`; a last odd row or column is left out."""
        return max_pool2d(x, 2, 2)


class Response(Module):
    """Local response normalisation, with the constants of AlexNet."""

    def forward(self, x: Float[Tensor, "batch channel h w"]) -> Float[Tensor, "batch channel h w"]:
        """See `local_response_norm`."""
        return local_response_norm(x)


class VGG(Module):
    """The networks of Table 1, and the same with other widths or with batch normalisation."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config, self.features = config, ModuleList()
        self.places: dict[tuple[int, int], int] = {}  # where the convolution (block, number) stands among the features
        before = config.channels
        for i, count in enumerate(config.blocks):
            width = config.width * min(2**i, 8)
            for j in range(count):
                self.places[i, j] = len(self.features)
                size = 1 if config.pointwise and j == 2 else 3
                norm = [BatchNorm2d(width)] if config.batch_norm else []
                after = [Response()] if config.response and i == j == 0 else []
                self.features.extend([Conv2d(before, width, size, padding=size // 2), *norm, ReLU(), *after])
                before = width
            self.features.extend([Pool()] if i < config.pools else [])
        inputs, hidden = before * config.side**2, config.hidden
        self.classifier = ModuleList([
            Linear(inputs, hidden), ReLU(), Dropout(config.dropout), Linear(hidden, hidden), ReLU(),
            Dropout(config.dropout), Linear(hidden, config.classes),
        ])  # fmt: skip
        for layer in (layer for layer in self.modules() if isinstance(layer, Conv2d | Linear)):
            {"normal": partial(normal_, std=config.std), "glorot": glorot_, "he": he_}[config.init](layer.weight)
            layer.bias.data.zero_()

    def maps(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch out h w"]:
        """What the last block makes of an image."""
        for layer in self.features:
            x = layer(x)
        return x

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes"]:
        """Logits; maps of another size than the linear layers need become means over a grid."""
        x, side = self.maps(x), self.config.side
        x = (x if x.shape[2:] == (side, side) else adaptive_avg_pool2d(x, side)).flatten(1)
        for layer in self.classifier:
            x = layer(x)
        return x

    def dense(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes h w"]:
        """Logits of every place where the linear layers fit: their weights are kernels of `side` pixels, 1 and 1."""
        x = self.maps(x)
        for layer in self.classifier:
            if isinstance(layer, Linear):  # a row of weights goes through the maps one after the other, row by row
                size = self.config.side if layer is self.classifier[0] else 1
                x = conv2d(x, layer.weight.unflatten(1, (-1, size, size)), layer.bias)
            else:
                x = layer(x)
        return x

    def probabilities(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes"]:
        """The paper's dense evaluation: soft-max of the mean score over space, mean over image and mirror image."""
        sides = [softmax(self.dense(image).mean((2, 3)), 1) for image in (x, x.flip(3))]
        return (sides[0] + sides[1]) / 2
