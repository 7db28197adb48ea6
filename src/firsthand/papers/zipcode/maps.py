"""Feature maps: units that look at 5x5 pixels of some maps below, and as a rule share their weights."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.nn import conv2d, init

SIZE = 5  # pixels of a kernel's side


class Maps(Module):
    """Feature maps (out, side, side) from 5x5 kernels where the table (out, in) has a 1.

    `weight` is (kernels, 5, 5), map by map: all places of a map share them, or, where `shared` is False, each has its
    own, (kernels, places, 5, 5). A map has one bias, or `unit_bias` one for each place, as places that share nothing
    have. The maps below get `border` pixels of paper, -1, on every side.
    """

    def __init__(
        self,
        table: Float[Tensor, "out in"],
        side: int,
        stride: int = 1,
        border: int = 0,
        shared: bool = True,
        unit_bias: bool = False,
    ):
        super().__init__()
        self.shape, self.side, self.stride, self.border, self.shared = table.shape, side, stride, border, shared
        kernel = (SIZE, SIZE) if shared else (side * side, SIZE, SIZE)
        self.weight = Parameter(torch.empty(int(table.sum()), *kernel))
        self.bias = Parameter(
            torch.zeros(len(table), side, side) if unit_bias or not shared else torch.zeros(len(table))
        )
        self.kernels = Buffer(table.flatten().nonzero().squeeze(1), persistent=False)  # their places among out * in
        self.inputs = SIZE**2 * table.sum(1)  # of a unit of each map

    def initialise(self, power: float) -> None:
        """First weights uniform in ±2.4/F^power, F the number of inputs of the unit; biases stay 0."""
        fans = self.inputs.repeat_interleave((self.inputs / SIZE**2).long())
        init.uniform_(self.weight, 1.0).data.mul_((2.4 / fans**power).view(-1, *[1] * (self.weight.ndim - 1)))

    @property
    def connections(self) -> int:
        """One for each input of each unit, and one for its bias."""
        return int((self.inputs + 1).sum()) * self.side**2

    def dense(self) -> Float[Tensor, "out in *kernel"]:
        """All kernels, zeros where there is no connection."""
        none = self.weight.new_zeros(self.shape.numel(), *self.weight.shape[1:])
        return none.index_copy(0, self.kernels, self.weight).unflatten(0, self.shape)

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out side side"]:
        """h_m = b_m + sum_s w_ms * x_s over the maps s that map m sees, before squashing."""
        if self.border:
            x = torch.constant_pad_nd(x, (self.border,) * 4, -1.0)
        bias = self.bias if self.bias.ndim == 3 else self.bias[:, None, None]
        if self.shared:
            return conv2d(x, self.dense(), stride=self.stride) + bias
        windows = x.unfold(2, SIZE, self.stride).unfold(3, SIZE, self.stride).flatten(2, 3)
        y = torch.einsum("bipuv, oipuv -> bop", windows, self.dense())
        return y.unflatten(2, (self.side, self.side)) + bias
