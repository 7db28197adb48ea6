"""An independent twin of a paper's network, built from torch.nn, that carries the same weights."""

from typing import Any, Literal

import torch
from torch import Tensor, nn


class Twin(nn.Module):
    """Base of the twins in `firsthand.check.twins`: a twin reads our network's weights and answers in our names.

    By default its parameters and buffers have our names; a twin that is laid out otherwise overrides the two methods.
    """

    recipe: Any = None  # the recipe under test, set before the loss is asked for

    def copy_from(self, ours: nn.Module) -> None:
        """Take over the weights and buffers of our network."""
        self.load_state_dict(ours.state_dict())

    def named(self, kind: Literal["weight", "gradient"]) -> dict[str, Tensor]:
        """Every parameter, or its gradient, under our network's parameter names."""
        return {name: p.detach() if kind == "weight" else p.grad for name, p in self.named_parameters()}

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss that our task minimises, from torch.nn.functional."""
        return nn.functional.cross_entropy(outputs, targets)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A random batch for a network of the default sizes: inputs (float64 or int64) and targets."""
        raise NotImplementedError
