"""Positions: where a token stands, for layers that would not know."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.errors import UserError
from firsthand.nn.arguments import check_sizes
from firsthand.nn.init import normal_
from firsthand.nn.shape import wrong_shape


def sinusoids(length: int, embed: int) -> Float[Tensor, "length embed"]:
    """PE_pos,2i = sin(pos / 10000^(2i / embed)) and PE_pos,2i+1 = cos of the same, in torch's default dtype.

    PE_pos+k is a rotation of PE_pos that does not depend on pos.
    Raises UserError for sizes below one.
    Source: Vaswani et al. (2017), section 3.5.
    """
    check_sizes("sinusoids", length=length, embed=embed)
    rates = 10_000 ** -(torch.arange(0, embed, 2, dtype=torch.float64) / embed)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * rates  # float32 would lose digits of far positions
    table = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :embed]
    return table.to(torch.get_default_dtype())


def _add(name: str, x: Tensor, table: Tensor, start: int) -> Tensor:
    """x with the row of the table for its place added to every token."""
    length, embed = table.shape
    if x.ndim != 3 or x.shape[2] != embed:
        raise wrong_shape(f"The input of {name}", x, f"(batch, time, {embed})")
    check_sizes(name, 0, start=start)
    if (end := start + x.shape[1]) > length:
        raise UserError(f"There are {length} positions, got a sequence of {end}: make the table longer.")
    return x + table[start:end]


class SinusoidalPositions(Module):
    """x_t + PE_t, with a table of `length` rows of `sinusoids`, which is made anew and not stored with the weights.

    Raises UserError for sizes below one, and when a sequence is longer than the table.
    Source: Vaswani et al. (2017), section 3.5.
    """

    def __init__(self, length: int, embed: int):
        super().__init__()
        self.table = Buffer(sinusoids(length, embed), persistent=False)

    def forward(self, x: Float[Tensor, "batch time embed"], start: int = 0) -> Float[Tensor, "batch time embed"]:
        """x with its positions, of which the first is `start`."""
        return _add("SinusoidalPositions", x, self.table, start)


class LearnedPositions(Module):
    """x_t + P_t, with a learned vector for every position below `length`, starting from N(0, 1) as `Embedding` does.

    Raises UserError for sizes below one, and when a sequence is longer than the table.
    Source: Gehring et al. (2017), Convolutional sequence to sequence learning, section 3.1.
    """

    def __init__(self, length: int, embed: int):
        super().__init__()
        check_sizes("LearnedPositions", length=length, embed=embed)
        self.weight = Parameter(torch.empty(length, embed))
        normal_(self.weight, 1.0)

    def forward(self, x: Float[Tensor, "batch time embed"], start: int = 0) -> Float[Tensor, "batch time embed"]:
        """x with its positions, of which the first is `start`."""
        return _add("LearnedPositions", x, self.weight, start)
