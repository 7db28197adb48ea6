"""One sentence for a tensor of the wrong shape."""

from jaxtyping import Shaped
from torch import Tensor

from firsthand.errors import UserError


def wrong_shape(name: str, got: Shaped[Tensor, "..."], expected: str) -> UserError:
    """The error for a tensor whose shape does not fit: which one, what it is, what it should be."""
    return UserError(f"{name} has shape {tuple(got.shape)}, expected {expected}.")
