"""One layer to be timed: ours and torch.nn's, at a small, a middle and a large size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Case:
    """Two functions of a size that make a callable (a module, or a function) each, and one that makes their inputs.

    Both are called with the same inputs; floating-point inputs, but not targets, and module parameters get gradients.
    """

    ours: Callable[..., Callable[..., Any]]  # (*size) -> callable
    theirs: Callable[..., Callable[..., Any]]  # (*size) -> callable, which takes over our weights if both are modules
    inputs: Callable[..., tuple[Tensor, ...]]  # (*size) -> arguments
    sizes: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]  # small, middle, large
    target: bool = False  # the last input is a target
