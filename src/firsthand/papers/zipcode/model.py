"""LeNet-1 and its elder sister: few weights, used at many places, read the digits of zip codes.

    1990: field 28x28 -> H1 4@24x24 -> H2 4@12x12 -> H3 12@8x8 -> H4 12@4x4 -> 10, 2,578 weights, 98,442 connections
    1989: field 16x16 -> H1 12@8x8 -> H2 12@4x4 -> H3 30 -> 10,                   9,760 weights, 64,660 connections
    h_m = f(b_m + sum_(s in S_m) w_ms * x_s)      a feature map: 5x5 kernels over the maps S_m that it sees
    h_m(i,j) = f(c_m sum_(u,v in 0,1) x_m(2i+u,2j+v) + b_m)      subsampling: one gain and one bias a map
    f(a) = 1.7159 tanh(2a/3)

Symbols: x_s map s of the layer below, w_ms a kernel, c_m a gain, b_m a bias; f squashes every unit, the ten outputs
too, whose targets are +1 for the class and -1 for the others. Paper is -1 and ink +1, so the border about the 16x16
pixels of a digit, 6 wide in 1990 and 2 wide in 1989, is -1, not 0. Gains and biases count: without the 32 of H2 and H4
the published totals do not come out. In 1989 maps have a stride of 2 in place of subsampling, and a bias for each unit.

Where we differ, or the paper does not say: the table of H2 -> H3 has the published count of 20 kernels, but which they
are is from memory of the sister paper; which 8 of 12 maps a map of 1989 sees is Karpathy's guess. The constants of f
and first weights of ±2.4/F, F a unit's inputs, are those of LeCun et al. (1998); gains start at 1/4 of the sum, the
mean, and biases at 0. The paper found its net by cutting weights out of a larger one; here it is given.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.bounds import PART, within
from firsthand.errors import UserError
from firsthand.nn import Dropout, Linear, Subsample, init
from firsthand.nn.activation import ReLU, ScaledTanh
from firsthand.papers.zipcode.maps import Maps

H3_SEES = ("0", "01", "01", "1", "01", "01", "2", "23", "23", "3", "23", "23")  # 1990: maps of H2, for each map of H3
H2_SEES = ("01234567",) * 4 + ("456789ab",) * 4 + ("012389ab",) * 4  # 1989: maps of H1, for each map of H2


@dataclass(frozen=True)
class Config:
    """LeNet-1 as published, and what can be changed about it or its elder sister."""

    net: Literal["1990", "1989"] = "1990"  # layers: H1, H2, H3, H4 and outputs; or H1, H2, H3 and outputs, see above
    side: int = 28  # pixels of the field's side, a multiple of 4; 1990: the border counts
    table: tuple[str, ...] = H3_SEES  # maps below that each map of the second maps sees, as hexadecimal digits
    shared: bool = True  # whether all places of a map have the same weights
    subsample: bool = True  # 1990: H2 and H4; without them H1 and H3 take a stride of 2
    activation: Literal["tanh", "relu"] = "tanh"  # f of all units but the outputs
    output: Literal["squashed", "linear"] = "squashed"  # f of the outputs is the scaled tanh, or none: logits
    dropout: float = 0.0  # share of the inputs of the first full layer that fall silent while training
    init: Literal["fan-in", "sqrt-fan-in"] = "fan-in"  # first weights: ±2.4/F or ±2.4/sqrt(F), F inputs a unit

    def __post_init__(self) -> None:
        within(self, "model.", side="[16, 1000]", dropout=PART)
        if self.side % 4:
            raise UserError(f"model.side must be a multiple of 4, got {self.side}: layers halve it twice.")
        known = "0123456789ab"[: self.sources]
        if not self.table or any(not row or len(set(row)) < len(row) or set(row) - set(known) for row in self.table):
            raise UserError(f"model.table needs, for each map, different ones of the maps {known} below it.")

    @property
    def sources(self) -> int:
        """Maps of H1."""
        return 4 if self.net == "1990" else 12


VARIANTS = {
    "1990": Config(),
    "1989": Config("1989", side=16, table=H2_SEES),
    "20x20": Config(side=32),  # digits of 20x20 pixels with the same border
}


class ZipNet(Module):
    """The network of 1990, LeNet-1, or that of 1989."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        first = torch.ones(config.sources, 1)
        table = torch.tensor([[float(f"{s:x}" in row) for s in range(config.sources)] for row in config.table])
        if config.net == "1990" and config.subsample:
            side = (config.side - 4) // 2  # of H2
            self.h1 = Maps(first, 2 * side, shared=config.shared)
            self.h2 = Subsample(config.sources)
            self.h3 = Maps(table, side - 4, shared=config.shared)
            self.h4 = Subsample(len(table))
            units = len(table) * (side // 2 - 2) ** 2
        elif config.net == "1990":
            side = (config.side - 4) // 2
            self.h1 = Maps(first, side, stride=2, shared=config.shared)
            self.h3 = Maps(table, side // 2 - 2, stride=2, shared=config.shared)
            units = len(table) * (side // 2 - 2) ** 2
        else:
            side = config.side // 4  # of H2; beyond the edges lie two pixels of paper
            self.h1 = Maps(first, 2 * side, stride=2, border=2, shared=config.shared, unit_bias=True)
            self.h2 = Maps(table, side, stride=2, border=2, shared=config.shared, unit_bias=True)
            self.h3 = Linear(len(table) * side**2, 30)
            units = 30
        self.out = Linear(units, 10)
        self.f = ScaledTanh() if config.activation == "tanh" else ReLU()
        self.f_out = ScaledTanh() if config.output == "squashed" else None
        self.dropout = Dropout(config.dropout)
        for layer in self.layers().values():
            if isinstance(layer, Maps):
                layer.initialise(1.0 if config.init == "fan-in" else 0.5)
            elif isinstance(layer, Linear):
                fan_in = init.fan_in(layer.weight)
                init.uniform_(layer.weight, 2.4 / fan_in ** (1.0 if config.init == "fan-in" else 0.5))
                layer.bias.data.zero_()

    def layers(self) -> dict[str, Module]:
        """The layers by their names, from below."""
        return {name: layer for name, layer in self.named_children() if name[0] == "h" or name == "out"}

    def forward(self, images: Float[Tensor, "batch 1 side side"]) -> Float[Tensor, "batch 10"]:
        """Ten outputs an image, the largest of which names the digit."""
        *hidden, out = self.layers().values()
        x = images
        for layer in hidden:
            if isinstance(layer, Linear):
                x = self.dropout(x.flatten(1))
            x = self.f(layer(x))
        x = x if x.ndim == 2 else self.dropout(x.flatten(1))
        return out(x) if self.f_out is None else self.f_out(out(x))


def describe(config: Config = Config()) -> list[dict[str, Any]]:
    """One row a layer: its output's shape, its trainable parameters and its connections, counted."""
    network, rows = ZipNet(config), []

    def note(layer: Module, inputs: tuple[Tensor], output: Tensor) -> None:
        parameters = sum(p.numel() for p in layer.parameters())
        # A connection is one use of a weight or bias: a subsampling unit uses its gain for four pixels, and its bias.
        uses = 5 * output.numel() if isinstance(layer, Subsample) else getattr(layer, "connections", parameters)
        rows.append({"output": tuple(output.shape[1:]), "parameters": parameters, "connections": uses})

    for layer in network.layers().values():
        layer.register_forward_hook(note)
    network.eval()(torch.zeros(1, 1, config.side, config.side))
    return [{"layer": name} | row for name, row in zip(network.layers(), rows, strict=True)]
