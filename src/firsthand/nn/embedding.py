"""The embedding: a learned vector for every symbol."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.definition import definition
from firsthand.nn.arguments import check_sizes
from firsthand.nn.fast import embedding as fast
from firsthand.nn.init import normal_
from firsthand.nn.shape import check_range, indices, wrong_shape


def _check(tokens: Tensor, weight: Tensor) -> None:
    if weight.ndim != 2:
        raise wrong_shape("The table of embedding", weight, "(vocab, embed)")
    check_range("The tensor of tokens", indices("The tensor of tokens", tokens), len(weight))


@definition(fast=fast.embedding, guard=_check, lazily=True)
def embedding(tokens: Int[Tensor, "*shape"], weight: Float[Tensor, "vocab embed"]) -> Float[Tensor, "*shape embed"]:
    """The row C_t of the table C for every token t; equal to a one-hot vector times C.

    Raises UserError when a token is outside 0 .. vocab - 1, or no whole number; on a GPU torch stops the program.
    """
    return weight[tokens.long()]


class Embedding(Module):
    """A table of `vocab` vectors of length `embed`, starting from N(0, 1). Raises UserError for sizes below one."""

    def __init__(self, vocab: int, embed: int):
        super().__init__()
        check_sizes("Embedding", vocab=vocab, embed=embed)
        self.weight = Parameter(torch.empty(vocab, embed))
        normal_(self.weight, 1.0)

    def forward(self, tokens: Int[Tensor, "*shape"]) -> Float[Tensor, "*shape embed"]:
        """See `embedding`."""
        return embedding(tokens, self.weight)

    def extra_repr(self) -> str:
        vocab, embed = self.weight.shape
        return f"{vocab}, {embed}"
