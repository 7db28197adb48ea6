"""GoogLeNet: nine modules of parallel convolutions, made affordable by 1x1 convolutions in front of the large ones.

    y = [f_1(x), f_3(g_3(x)), f_5(g_5(x)), h(pool(x))]     an inception module (Fig. 2b), joined along the channels
    y = [f_1(x), f_3(x), f_5(x), pool(x)]                  the naive one (Fig. 2a)
    loss = loss_main + 0.3 loss_aux1 + 0.3 loss_aux2       in training (sec. 5)

f_k is a convolution of k by k pixels, g_k and h are 1x1 convolutions to fewer channels, a rectifier follows each, and
pool takes the largest of 3x3 pixels around each. While the network trains, two auxiliary heads look at 4a and 4d.

Where we differ, or the paper does not say: it gives no constants of the local response normalisation (here those of
Caffe's replica) and no first weights (here He's in convolutions, with biases of 0). Pools round up, or 112 pixels would
not become 56. Table 1 counts 2,712 weights in the first layer: that is no 7x7 convolution but a separable one (stem
"separable"), of which the text is silent. The form "torchvision" has batch normalisation instead of the response
normalisation, 3x3 kernels in the third branch (a slip that came down from TF-slim), a last max pool of 2x2 pixels, and
heads that divide any image into 4x4 parts; names in the state dict are torchvision's. For small images (stem "3x3") one
convolution replaces all layers before 3a, and heads see 2x2 means. In training the network answers with the logits of
all heads, the main one first.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import COUNT, PART, SIZE, within
from firsthand.nn import Conv2d, Dropout, Linear, local_response_norm, relu
from firsthand.nn.init import he_, truncated_normal_
from firsthand.nn.pool import adaptive_avg_pool2d, avg_pool2d, global_avg_pool2d, max_pool2d
from firsthand.papers.googlenet.inception import Chain, Convolution, Inception

# Table 1: channels of 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5 and pool projection.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip


@dataclass(frozen=True)
class Config:
    """All nine modules at a quarter of their width, for small images, and what makes the published network of it."""

    divide: int = 4  # channels are the published ones divided by it
    stem: Literal["3x3", "7x7", "separable"] = "3x3"  # before module 3a: for small images, published, as Table 1 counts
    form: Literal["paper", "torchvision"] = "paper"  # response normalisation and 5x5, or batch normalisation and 3x3
    reduce: bool = True  # whether 1x1 convolutions narrow what the large ones see; without, the naive module
    aux: bool = True  # whether there are auxiliary heads, which only training uses
    dropout: float = 0.4  # share dropped before the last linear layer
    aux_dropout: float = 0.7  # share dropped in the auxiliary heads
    classes: int = 10  # outputs
    channels: int = 3  # of the image

    def __post_init__(self) -> None:
        bounds = {"divide": "[1, 16]", "dropout": PART, "aux_dropout": PART, "classes": COUNT, "channels": SIZE}
        within(self, "model.", **bounds)


class Auxiliary(Module):
    """A small classifier on the maps of a module in the middle of the network. Source: sec. 5."""

    def __init__(self, inputs: int, config: Config):
        super().__init__()
        width, hidden = 128 // config.divide, 1024 // config.divide
        self.side = 2 if config.stem == "3x3" else 4
        self.published = config.form == "paper" and config.stem != "3x3"
        self.conv = Convolution(inputs, width, 1, config.form != "paper")
        self.fc1, self.fc2 = Linear(width * self.side**2, hidden), Linear(hidden, config.classes)
        self.dropout = Dropout(config.aux_dropout)

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch classes"]:
        """Logits."""
        x = avg_pool2d(x, 5, 3) if self.published else adaptive_avg_pool2d(x, self.side)
        return self.fc2(self.dropout(relu(self.fc1(self.conv(x).flatten(1)))))


class GoogLeNet(Module):
    """The network of Table 1."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.paper, self.small = config.form == "paper", config.stem == "3x3"
        first, channels, normed = 64 // config.divide, 192 // config.divide, not self.paper
        if self.small:
            self.conv1 = Convolution(config.channels, channels, 3, normed, stride=2)
        else:
            whole = Convolution(config.channels, first, 7, normed, stride=2)
            wide = 8 * config.channels  # eight maps of each channel, which the 1x1 convolution mixes
            depthwise = Conv2d(config.channels, wide, 7, 2, 3, groups=config.channels)
            self.conv1 = whole if config.stem == "7x7" else Chain([depthwise, Convolution(wide, first, 1, normed)])
            self.conv2, self.conv3 = Convolution(first, first, 1, normed), Convolution(first, channels, 3, normed)
        taps = {}
        for name, widths in MODULES.items():
            module = Inception(
                channels, [max(1, n // config.divide) for n in widths], normed, 5 if self.paper else 3, config.reduce
            )
            channels = taps[name] = module.outputs
            self.add_module(f"inception{name}", module)
        self.dropout, self.fc = Dropout(config.dropout), Linear(channels, config.classes)
        self.aux1, self.aux2 = (Auxiliary(taps[name], config) if config.aux else None for name in ("4a", "4d"))
        for layer in self.modules():
            if isinstance(layer, Conv2d | Linear) and not self.paper:
                truncated_normal_(layer.weight, 0.01)
            elif isinstance(layer, Conv2d):
                he_(layer.weight)
                layer.bias.data.zero_()

    def stem(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch out h w"]:
        """What module 3a sees."""
        norm = (lambda x: local_response_norm(x, 5, 1e-4 / 5, 0.75, 1.0)) if self.paper else (lambda x: x)
        x = self.conv1(x)
        if self.small:
            return norm(x)
        x = norm(max_pool2d(x, 3, 2, ceil=True))
        return max_pool2d(norm(self.conv3(self.conv2(x))), 3, 2, ceil=True)

    def maps(self, x: Float[Tensor, "batch channel height width"]) -> dict[str, Float[Tensor, "batch _ _ _"]]:
        """What every module makes of the image."""
        x, found = self.stem(x), {}
        for name in MODULES:
            if name in ("4a", "5a"):
                x = max_pool2d(x, 3 if self.paper or name == "4a" else 2, 2, ceil=True)
            x = found[name] = getattr(self, f"inception{name}")(x)
        return found

    def features(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch out h w"]:
        """The maps of the last module, whose means the linear layer weighs."""
        return self.maps(x)["5b"]

    def class_maps(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes h w"]:
        """The evidence for every class at every place; in evaluation mode the logits are its means."""
        return self.fc(self.features(x).movedim(1, -1)).movedim(-1, 1)

    def forward(
        self, x: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch classes"] | Float[Tensor, "heads batch classes"]:
        """Logits; in training, with auxiliary heads, those of the main head, of 4a's and of 4d's."""
        maps = self.maps(x)
        logits = self.fc(self.dropout(global_avg_pool2d(maps["5b"])))
        if self.aux1 is None or not self.training:
            return logits
        return torch.stack([logits, self.aux1(maps["4a"]), self.aux2(maps["4d"])])
