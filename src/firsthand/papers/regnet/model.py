"""AnyNet, the network whose sizes a design space leaves open; a RegNet is one whose widths follow a quantised line.

    stem     3x3 convolution                           then four stages, then the mean over the pixels, one linear layer
    stage i  d_i blocks of width w_i, bottleneck ratio b_i and group width g_i; the first block halves the image
    X block  y = relu(F(x) + x), F = W_3 relu(W_2 relu(W_1 x)): 1x1 from w_i to w_i / b_i channels, 3x3, 1x1 to w_i
    Y block  the same with squeeze and excitation after the 3x3: h <- h sigmoid(V_2 relu(V_1 mean(h) + c_1) + c_2)

A kernel of the 3x3 sees g_i channels, so that it has w_i / (b_i g_i) groups. Batch normalisation stands after every
convolution, and the last rectifier after the addition. The first block of a stage has a projection, a 1x1 convolution
with stride 2 and batch normalisation, for its shortcut (sec. 3.2, fig. 3 and 4). The RegNets' widths are, in `line.py`,

    u_j = w_0 + w_a j (2),    u_j = w_0 w_m^s_j (3),    w_j = w_0 w_m^round(s_j) (4)          block j of d, from 0

Where we differ, or the paper does not say: the squeezed width is a quarter of the block's input width, not of the
width inside it, as in the authors' code. First kernels are He's over the fan-out k^2 w (not divided by the groups),
those of the linear layer N(0, 0.01^2), as there. Small images have a stem with stride 1, and the default is a network
for them that the paper does not have. Names in the state dict are those of timm.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleDict

from firsthand.bounds import COUNT, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import BatchNorm2d, Conv2d, Linear, global_avg_pool2d, he_, normal_, relu, sigmoid


@dataclass(frozen=True)
class Config:
    """Sizes of an AnyNet, stage by stage; the default is the RegNetX of d, w_0, w_a, w_m, g = 10, 16, 12, 2, 8."""

    depths: tuple[int, ...] = (1, 2, 4, 3)  # d: blocks of each stage
    widths: tuple[int, ...] = (16, 32, 64, 128)  # w: channels after each block of a stage
    ratios: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)  # b: width over the width inside a block
    groups: tuple[int, ...] = (8, 8, 8, 8)  # g: channels that a kernel of the 3x3 convolution sees
    squeeze: bool = False  # whether blocks have squeeze and excitation: Y instead of X
    stem: int = 16  # channels of the first convolution
    stem_stride: int = 1  # pixels: 2 halves the image at once, 1 is for small images
    classes: int = 10  # outputs
    channels: int = 1  # of the image

    def __post_init__(self) -> None:
        within(
            self, "model.", depths="[1, 1000]", widths=SIZE, ratios="[0.01, 100]", groups=SIZE, stem=SIZE,
            stem_stride="[1, 2]", classes=COUNT, channels=SIZE,
        )  # fmt: skip
        stages = {len(self.depths), len(self.widths), len(self.ratios), len(self.groups)}
        if len(stages) > 1 or stages == {0}:
            raise UserError("model.depths, widths, ratios and groups need one number each for every stage.")
        for width, ratio, group in zip(self.widths, self.ratios, self.groups, strict=True):
            if width != round(width / ratio) * ratio or round(width / ratio) % group:
                raise UserError(
                    f"A width of {width} with model.ratios {ratio:g} cannot be split into model.groups of {group}: "
                    "width / ratio must be a multiple of the group's width."
                )


class ConvNorm(Module):
    """A convolution that keeps the size at stride 1, without bias, and batch normalisation."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1):
        super().__init__()
        self.conv = Conv2d(inputs, outputs, size, stride, size // 2, bias=False, groups=groups)
        self.bn = BatchNorm2d(outputs)
        he_(self.conv.weight, fan="out")

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """Normalised, not yet rectified."""
        return self.bn(self.conv(x))


class SqueezeExcite(Module):
    """Every map is weighted by what the means of all maps say: h sigmoid(V_2 relu(V_1 mean(h) + c_1) + c_2)."""

    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        self.fc1, self.fc2 = Conv2d(channels, squeezed, 1), Conv2d(squeezed, channels, 1)

    def forward(self, h: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel height width"]:
        """The weighted maps."""
        means = h.mean((2, 3), keepdim=True)
        return h * sigmoid(self.fc2(relu(self.fc1(means))))


class Block(Module):
    """An X block, or with `squeeze` a Y block, of a width, a width inside and channels per group."""

    def __init__(self, inputs: int, width: int, inside: int, group: int, stride: int, squeeze: bool):
        super().__init__()
        self.conv1 = ConvNorm(inputs, inside)
        self.conv2 = ConvNorm(inside, inside, 3, stride, inside // group)
        self.se = SqueezeExcite(inside, max(1, round(inputs / 4))) if squeeze else None
        self.conv3 = ConvNorm(inside, width)
        self.downsample = ConvNorm(inputs, width, 1, stride) if stride != 1 or inputs != width else None

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """relu(F(x) + x), with a projection of x in the first block of a stage."""
        h = relu(self.conv2(relu(self.conv1(x))))
        h = self.conv3(h if self.se is None else self.se(h))
        return relu(h + (x if self.downsample is None else self.downsample(x)))


class RegNet(Module):
    """Every AnyNetX and AnyNetY, and so every RegNetX and RegNetY. Source: sec. 3.2 and 3.3."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        before = config.stem
        self.stem = ConvNorm(config.channels, before, 3, config.stem_stride)
        self.stages = [f"s{i}" for i in range(1, len(config.depths) + 1)]
        sizes = zip(self.stages, config.depths, config.widths, config.ratios, config.groups, strict=True)
        for name, depth, width, ratio, group in sizes:
            stage = ModuleDict()
            for j in range(1, depth + 1):
                stage[f"b{j}"] = Block(before, width, round(width / ratio), group, 2 if j == 1 else 1, config.squeeze)
                before = width
            self.add_module(name, stage)
        self.head = ModuleDict({"fc": Linear(before, config.classes)})
        normal_(self.head["fc"].weight, 0.01)
        self.head["fc"].bias.data.zero_()

    def features(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch out h w"]:
        """The maps of the last stage, whose means the linear layer weighs."""
        x = relu(self.stem(x))
        for block in (block for name in self.stages for block in getattr(self, name).values()):
            x = block(x)
        return x

    def class_maps(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes h w"]:
        """The evidence for every class at every place; the logits are its means."""
        return self.head["fc"](self.features(x).movedim(1, -1)).movedim(-1, 1)

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes"]:
        """Logits."""
        return self.head["fc"](global_avg_pool2d(self.features(x)))
