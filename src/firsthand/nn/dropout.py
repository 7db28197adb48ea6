"""Dropout: units that fall silent at random while training."""

from numbers import Real

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.errors import UserError
from firsthand.nn.shape import wrong_shape


def check_probability(p: float) -> None:
    """Raises UserError for a probability to drop that is no number in [0, 1)."""
    if (type(p) is not float and (isinstance(p, bool) or not isinstance(p, Real))) or not 0 <= p < 1:
        raise UserError(f"The dropout probability is {p!r}, expected 0 <= p < 1.")


def dropout(x: Float[Tensor, "*shape"], p: float) -> Float[Tensor, "*shape"]:
    """Each value becomes 0 with probability p, else x / (1 - p), so that the expectation stays x.

    Draws from torch's default generator. Raises UserError when p is not in [0, 1).
    Source: Srivastava et al. (2014), section 4; section 10 scales while training, as here, instead of while testing.
    """
    check_probability(p)
    if p == 0:
        return x
    keep = torch.empty_like(x).bernoulli_(1 - p)
    return x * keep.div_(1 - p)


def dropout2d(x: Float[Tensor, "batch channel *places"], p: float) -> Float[Tensor, "batch channel *places"]:
    """`dropout` of whole channels: neighbouring pixels say nearly the same, so that one alone would not be missed.

    Draws from torch's default generator. Raises UserError when p is not in [0, 1) or there are no channels.
    Source: Tompson et al. (2015), Efficient object localization using convolutional networks, section 3.2.
    """
    if x.ndim < 2:
        raise wrong_shape("The input of dropout2d", x, "(batch, channel, ...)")
    return x * dropout(x.new_ones(*x.shape[:2], *(1,) * (x.ndim - 2)), p)


class Dropout(Module):
    """`dropout` while training, the identity in eval mode.

    With `scale` "test", not "train", it is the dropout of 2012: in training the units that stay keep their value, and
    in eval mode all are multiplied by 1 - p. Here p is the probability to drop a unit, in Srivastava et al. to keep it.
    Source: Hinton et al. (2012), Improving neural networks by preventing co-adaptation of feature detectors.
    """

    def __init__(self, p: float = 0.5, scale: str = "train"):
        super().__init__()
        check_probability(p)
        if scale not in ("train", "test"):
            raise UserError(f"Dropout scales in 'train' or in 'test', got '{scale}'.")
        self.p, self.scale = p, scale

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `dropout`."""
        if self.scale == "train":
            return dropout(x, self.p) if self.training else x
        return x * torch.empty_like(x).bernoulli_(1 - self.p) if self.training else x * (1 - self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}" + (", scale=test" if self.scale == "test" else "")


class Dropout2d(Module):
    """`dropout2d` while training, the identity in eval mode."""

    def __init__(self, p: float = 0.5):
        super().__init__()
        check_probability(p)
        self.p = p

    def forward(self, x: Float[Tensor, "batch channel *places"]) -> Float[Tensor, "batch channel *places"]:
        """See `dropout2d`."""
        return dropout2d(x, self.p) if self.training else x

    def extra_repr(self) -> str:
        return f"p={self.p}"
