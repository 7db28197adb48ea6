"""The embedding: a learned vector for every symbol."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.nn.definition import definition
from firsthand.nn.init import normal_


def _embedding_fast(tokens: Tensor, weight: Tensor) -> Tensor:
    return weight.index_select(0, tokens.reshape(-1)).view(*tokens.shape, weight.shape[1])


@definition(fast=_embedding_fast)
def embedding(tokens: Int[Tensor, "*shape"], weight: Float[Tensor, "vocab embed"]) -> Float[Tensor, "*shape embed"]:
    """The row C_t of the table C for every token t; equal to a one-hot vector times C.

    Raises IndexError when a token is outside 0 .. vocab - 1.
    """
    return weight[tokens]


class Embedding(Module):
    """A table of `vocab` vectors of length `embed`, starting from N(0, 1)."""

    def __init__(self, vocab: int, embed: int):
        super().__init__()
        self.weight = Parameter(torch.empty(vocab, embed))
        normal_(self.weight, 1.0)

    def forward(self, tokens: Int[Tensor, "*shape"]) -> Float[Tensor, "*shape embed"]:
        """See `embedding`."""
        return embedding(tokens, self.weight)

    def extra_repr(self) -> str:
        vocab, embed = self.weight.shape
        return f"{vocab}, {embed}"
