"""Dropout: units that fall silent at random while training."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.errors import UserError


def dropout(x: Float[Tensor, "*shape"], p: float) -> Float[Tensor, "*shape"]:
    """Each value becomes 0 with probability p, else x / (1 - p), so that the expectation stays x.

    Draws from torch's default generator. Raises UserError when p is not in [0, 1).
    Source: Srivastava et al. (2014), section 4; section 10 scales while training, as here, instead of while testing.
    """
    if not 0 <= p < 1:
        raise UserError(f"The dropout probability is {p}, expected 0 <= p < 1.")
    if p == 0:
        return x
    keep = torch.empty_like(x).bernoulli_(1 - p)
    return x * keep.div_(1 - p)


class Dropout(Module):
    """`dropout` while training, the identity in eval mode."""

    def __init__(self, p: float = 0.5):
        super().__init__()
        if not 0 <= p < 1:
            raise UserError(f"The dropout probability is {p}, expected 0 <= p < 1.")
        self.p = p

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `dropout`."""
        return dropout(x, self.p) if self.training else x

    def extra_repr(self) -> str:
        return f"p={self.p}"
