"""LeNet-5: seven layers, 60,000 weights, from the pixels of a digit to ten distances.

    C1 convolution 6@28x28 -> S2 subsampling 6@14x14 -> C3 convolution 16@10x10 -> S4 subsampling 16@5x5
    -> C5 convolution 120@1x1 -> F6 linear 84 -> RBF output 10
    x_i = f(a_i),  f(a) = A tanh(S a),  A = 1.7159, S = 2/3      squashing, all layers up to F6 (eqs. 5 and 6)
    y_i = sum_j (x_j - w_ij)^2                                   output; the smallest is the class (eq. 7)

Symbols: a_i is what `c1` to `f6` return, x_i what `f` makes of it, w_ij `output.codes` (a buffer: the codes are fixed).
All six layers squash, the subsampling ones too (sec. II-B: coefficient, bias, then sigmoid). The table lets C3 have 60
of the 96 possible kernels; `c3.weight` holds these and no others, so that 60,000 counts what the network has.

Where we differ, or the paper does not say: biases start at 0; a subsampling coefficient multiplies the *sum* of four
pixels (sec. II-B; II-A says average) and starts at 1/4; the codes were read from a figure; init "fan-in" is what the
paper says, but its step sizes (app. C) fit "sqrt-fan-in", which also trains, so that is the default.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module, ModuleDict, Parameter

from firsthand.nn import Conv2d, Linear, Subsample, avg_pool2d, conv2d, init, max_pool2d, rbf
from firsthand.nn.activation import ReLU, ScaledTanh
from firsthand.papers.lenet.codes import c3_table, codes


@dataclass(frozen=True)
class Config:
    """The published LeNet-5, and the parts that later versions changed."""

    head: Literal["rbf", "softmax"] = "rbf"  # outputs: distances (the smallest wins) or logits (the largest wins)
    pooling: Literal["subsampling", "max", "average"] = "subsampling"  # S2 and S4: trainable sum, or without weights
    activation: Literal["tanh", "relu"] = "tanh"  # f: the scaled tanh, or the rectifier
    c3: Literal["table", "full"] = "table"  # maps of S2 that each map of C3 sees: those of Table I, or all six
    init: Literal["sqrt-fan-in", "fan-in"] = "sqrt-fan-in"  # first weights: ±2.4/sqrt(F) or ±2.4/F, F inputs a unit


class PartialConv2d(Module):
    """Convolution with 5x5 kernels where the table (out, in) has a 1: `weight` (kernels, 5, 5), output by output."""

    def __init__(self, table: Float[Tensor, "out in"]):
        super().__init__()
        self.shape = (*table.shape, 5, 5)
        self.weight = Parameter(torch.empty(int(table.sum()), 5, 5))
        self.bias = Parameter(torch.zeros(len(table)))
        self.places = Buffer(table.flatten().nonzero().squeeze(1), persistent=False)  # of the kernels among out * in
        self.fan_in = (25 * table.sum(1, keepdim=True) * table)[table > 0].view(-1, 1, 1)  # of each kernel's unit

    def kernels(self) -> Float[Tensor, "out in 5 5"]:
        """All kernels, zeros where there is no connection."""
        dense = self.weight.new_zeros(self.shape).flatten(0, 1)
        return dense.index_copy(0, self.places, self.weight).view(self.shape)

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """The maps of C3 before squashing."""
        return conv2d(x, self.kernels(), self.bias)


class Pool(Module):
    """The largest or the mean pixel of every 2x2 square."""

    def __init__(self, kind: Literal["max", "average"]):
        super().__init__()
        self.pool = max_pool2d if kind == "max" else avg_pool2d

    def forward(self, x: Float[Tensor, "batch map h w"]) -> Float[Tensor, "batch map h2 w2"]:
        """Maps of half the height and width."""
        return self.pool(x, 2)


class RBF(Module):
    """Squared Euclidean distances from fixed codes, one a class (eq. 7)."""

    def __init__(self, codes: Float[Tensor, "classes units"]):
        super().__init__()
        self.codes = Buffer(codes)

    def forward(self, x: Float[Tensor, "batch units"]) -> Float[Tensor, "batch classes"]:
        """y_i, 0 where x is the code of class i."""
        return rbf(x, self.codes)


class LeNet5(Module):
    """The network of Figure 2."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        summed = config.pooling == "subsampling"
        self.c1 = Conv2d(1, 6, 5)
        self.s2 = Subsample(6) if summed else Pool(config.pooling)
        self.c3 = PartialConv2d(c3_table()) if config.c3 == "table" else Conv2d(6, 16, 5)
        self.s4 = Subsample(16) if summed else Pool(config.pooling)
        self.c5 = Conv2d(16, 120, 5)  # sees all of S4: a convolution only so that larger images could be swept
        self.f6 = Linear(120, 84)
        squash = ScaledTanh if config.activation == "tanh" else ReLU
        self.f = ModuleDict({name: squash() for name in ("c1", "s2", "c3", "s4", "c5", "f6")})
        self.output = RBF(codes()) if config.head == "rbf" else Linear(84, 10)
        self.initialise(config)

    def forward(self, images: Float[Tensor, "batch 1 32 32"]) -> Float[Tensor, "batch 10"]:
        """Distances y_i of each image from the ten codes, or ten logits, as `Config.head` says."""
        x = self.f["c1"](self.c1(images))  # (batch, 6, 28, 28)
        x = self.f["s2"](self.s2(x))  # (batch, 6, 14, 14)
        x = self.f["c3"](self.c3(x))  # (batch, 16, 10, 10)
        x = self.f["s4"](self.s4(x))  # (batch, 16, 5, 5)
        x = self.f["c5"](self.c5(x)).flatten(1)  # (batch, 120)
        x = self.f["f6"](self.f6(x))  # (batch, 84)
        return self.output(x)

    def initialise(self, config: Config) -> None:
        """First weights uniform in ±2.4/F or ±2.4/sqrt(F), F the number of inputs of the unit; biases 0.

        The second has a standard deviation of 1.39/sqrt(F), which suits the rectifier, too. Source: sec. III-B, app. A.
        """
        power = 1.0 if config.init == "fan-in" else 0.5
        for layer in self.children():
            if hasattr(layer, "weight"):
                fan_in = layer.fan_in if isinstance(layer, PartialConv2d) else init.fan_in(layer.weight)
                init.uniform_(layer.weight, 1.0).data.mul_(2.4 / fan_in**power)
                layer.bias.data.zero_()


def describe(config: Config = Config()) -> list[dict[str, Any]]:
    """One row a layer: its output's shape, its trainable parameters and its connections, counted.

    A connection is one use of a weight or bias. A subsampling unit uses its coefficient for four pixels, and a bias.
    Source: sec. II-B. It prints 156,000 for C3, but 1516 weights and biases at 100 places make 151,600: 340,908 in all.
    """
    network, rows = LeNet5(config), []

    def note(layer: Module, inputs: tuple[Tensor], output: Tensor) -> None:
        parameters = sum(p.numel() for p in layer.parameters())
        connections = sum(t.numel() for t in layer.state_dict().values()) * output[0, 0].numel()  # fixed codes, too
        if isinstance(layer, Subsample | Pool):
            connections = inputs[0].numel() + (output.numel() if parameters else 0)
        rows.append({"output": tuple(output.shape[1:]), "parameters": parameters, "connections": connections})

    layers = {name: layer for name, layer in network.named_children() if name != "f"}
    for layer in layers.values():
        layer.register_forward_hook(note)
    network(torch.zeros(1, 1, 32, 32))
    return [{"layer": name} | row for name, row in zip(layers, rows, strict=True)]
