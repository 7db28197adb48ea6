"""One sentence for a tensor that does not fit: its shape, the kind of its numbers, or their range."""

import torch
from jaxtyping import Int, Shaped
from torch import Tensor
from torch.func import debug_unwrap

from firsthand.errors import UserError


def wrong_shape(name: str, got: Shaped[Tensor, "..."], expected: str) -> UserError:
    """The error for a tensor whose shape does not fit: which one, what it is, what it should be."""
    return UserError(f"{name} has shape {tuple(got.shape)}, expected {expected}.")


def check_shape(name: str, x: Shaped[Tensor, "..."], shape: tuple[int, ...], meaning: str = "") -> None:
    """Raises UserError for a tensor of another shape; `meaning` says in words what the shape is."""
    if x.shape != shape:
        raise wrong_shape(name, x, f"{tuple(shape)}" + (f", {meaning}" if meaning else ""))


def check_images(name: str, x: Shaped[Tensor, "..."], channels: int | None = None) -> None:
    """Raises UserError for what is no batch of images, or images without pixels, or with other channels than these."""
    if x.ndim != 4 or channels not in (None, x.shape[1]) or 0 in x.shape[1:]:
        raise wrong_shape(f"The input of {name}", x, f"(batch, {channels or 'channels'}, height, width)")


def indices(name: str, x: Shaped[Tensor, "*shape"]) -> Int[Tensor, "*shape"]:
    """Whole numbers that choose something, as int64. Raises UserError for floats, bools and bytes."""
    if x.dtype == torch.int64:
        return x
    if x.dtype not in (torch.int32, torch.int16, torch.int8):
        raise UserError(f"{name} is of {x.dtype}, expected whole numbers: torch.int64.")
    return x.long()


def check_range(name: str, x: Int[Tensor, "..."], below: int, ignored: int | None = None) -> None:
    """Raises UserError for numbers outside 0 .. below - 1 other than `ignored`, where the values can be looked at."""
    if torch.compiler.is_compiling() or debug_unwrap(x) is not x:
        return
    x = x if ignored is None else x[x != ignored]
    if x.numel() and not 0 <= x.min() <= x.max() < below:
        raise UserError(f"{name} goes from {x.min()} to {x.max()}, expected 0 to {below - 1}.")
