"""AlexNet: five convolutions, three linear layers; rectified, normalised by neighbours, pooled with overlap.

    f(x) = max(0, x)                                                               rectifier, sec. 3.1
    b_i = a_i / (k + alpha sum_j a_j^2)^beta,  j from i - n/2 to i + n/2           response normalisation, sec. 3.3
    k = 2,  n = 5,  alpha = 0.0001,  beta = 0.75                                   its constants
    conv 11x11/4, f, b, pool - conv 5x5, f, b, pool - conv 3x3, f - conv 3x3, f - conv 3x3, f, pool
    - linear 4096, f, dropout - linear 4096, f, dropout - linear 1000              figure 2

Symbols: a_i is what map i says at one place, b_i what its neighbours let through. Pooling takes the largest of 3x3
pixels every 2 pixels (sec. 3.4). Two towers on two GPUs are convolutions in two groups: 2, 4 and 5 see their own half
of the maps, 3 sees all (sec. 3.2). The small network has the four layers of figure 1: three convolutions, each pooled,
and a linear one; the paper leaves its sizes to its code, and ours are those of the well-known network 32-32-64.

Where we differ, or the paper does not say: 11x11 kernels every 4 pixels make 55x55 maps of 224x224 pixels only with a
padding of 2 (or of 227x227 without); the other paddings, 2 and 1, follow from figure 2's sizes. The constants of b and
first weights of N(0, 0.01^2) are meant for pixels of 0..255: `scale` brings others there. The one-tower network of
2014, as torchvision has it, starts and drops otherwise and lacks b. Names in the state dict are torchvision's.
"""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, ModuleDict

from firsthand.bounds import COUNT, PART, POSITIVE, SIZE, within
from firsthand.errors import UserError
from firsthand.nn import (
    Conv2d,
    Dropout,
    Linear,
    adaptive_avg_pool2d,
    local_response_norm,
    max_pool2d,
    normal_,
    relu,
    tanh,
)

# Of each convolution: side of a kernel, step, padding, and whether its maps are pooled.
SMALL = ((5, 1, 2, True),) * 3
LARGE = ((11, 4, 2, True), (5, 1, 2, True), (3, 1, 1, False), (3, 1, 1, False), (3, 1, 1, True))


@dataclass(frozen=True)
class Config:
    """The four-layer network for small images, and what makes the others of it."""

    widths: tuple[int, ...] = (32, 32, 64)  # maps of every convolution: three for small images, five for large ones
    hidden: tuple[int, ...] = ()  # units of the linear layers before the last
    images: Literal["small", "large"] = "small"  # kernels: three of 5x5, all pooled; or figure 2's
    padding: Literal[0, 2] = 2  # pixels of zeros around the image: 2 around 224x224, 0 around 227x227
    towers: Literal[1, 2] = 1  # groups of convolutions 2, 4 and 5
    activation: Literal["relu", "tanh"] = "relu"  # f
    response_norm: bool = True  # whether neighbours normalise the maps of convolutions 1 and 2
    pool: Literal[2, 3] = 3  # pixels a side of the squares that are pooled every 2 pixels; 3: they overlap
    dropout: float = 0.5  # share of units of hidden linear layers silenced at each training step
    drop: Literal["outputs", "inputs"] = "outputs"  # of those layers: as in 2012, or torchvision's (scaled in training)
    grid: int = 4  # rows and columns of the maps that the linear layers see; maps of another size become means
    scale: float = 255.0  # multiplies the image: 255 for pixels of 0..1 less their mean
    init: Literal["normal", "fan-in"] = "normal"  # first weights: section 5's, or U(±1/sqrt(fan in)), biases too
    classes: int = 10  # outputs
    channels: int = 3  # of the image

    def __post_init__(self) -> None:
        within(self, "model.", widths=SIZE, hidden=SIZE, dropout=PART, grid="[1, 1000]", scale=POSITIVE)
        within(self, "model.", classes=COUNT, channels=SIZE)
        if len(self.widths) != len(self.layers):
            raise UserError(
                f"For {self.images} images model.widths needs {len(self.layers)} numbers, got {len(self.widths)}."
            )

    @property
    def layers(self) -> tuple[tuple[int, int, int, bool], ...]:
        """Kernel, step, padding and pooling of each convolution."""
        first, *others = SMALL if self.images == "small" else LARGE
        return (*first[:2], self.padding, first[3]), *others


class AlexNet(Module):
    """The network of figure 2, that of figure 1, and the one of 2014."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config, towers = config, config.towers
        self.f = relu if config.activation == "relu" else tanh
        self.features, self.classifier = ModuleDict(), ModuleDict()
        before, place = config.channels, 0
        groups = (1, towers, 1, towers, towers)
        for width, (size, step, padding, pooled), group in zip(config.widths, config.layers, groups, strict=False):
            self.features[str(place)] = Conv2d(before, width, size, step, padding, groups=group)
            before, place = width, place + (3 if pooled else 2)
        before *= config.grid**2
        for number, units in enumerate(config.hidden):
            self.classifier[str(3 * number + 1)] = Linear(before, units)
            before = units
        self.classifier[str(3 * len(config.hidden))] = Linear(before, config.classes)
        self.dropout = Dropout(config.dropout, "test" if config.drop == "outputs" else "train")
        if config.init == "normal":
            self.initialise()

    def initialise(self) -> None:
        """Weights from N(0, 0.01^2); biases 1 in convolutions 2, 4, 5 and hidden linear layers, else 0.

        Source: sec. 5.
        """
        convolutions, (*hidden, last) = list(self.features.values()), self.classifier.values()
        for layer in (*convolutions, *hidden, last):
            normal_(layer.weight, 0.01)
            layer.bias.data.zero_()
        for layer in (*convolutions[1:2], *convolutions[3:], *hidden):  # positive sums let the rectifiers learn early
            layer.bias.data.fill_(1)

    def maps(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch out h w"]:
        """What the last convolution says, pooled."""
        pool, up = self.config.pool, self.config.images == "small" and self.config.pool == 3
        x = x if self.config.scale == 1 else self.config.scale * x
        for number, (convolution, layer) in enumerate(zip(self.features.values(), self.config.layers, strict=True)):
            x = self.f(convolution(x))
            if self.config.response_norm and number < 2:
                x = local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0)
            x = max_pool2d(x, pool, 2, ceil=up) if layer[-1] else x
        return x

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch classes"]:
        """Logits."""
        h, grid, before = self.maps(x), self.config.grid, self.config.drop == "inputs"
        h = (h if h.shape[2:] == (grid, grid) else adaptive_avg_pool2d(h, grid)).flatten(1)
        *hidden, last = self.classifier.values()
        for layer in hidden:
            h = self.f(layer(self.dropout(h))) if before else self.dropout(self.f(layer(h)))
        return last(h)
