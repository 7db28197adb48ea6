"""An independent twin of a paper's network, built from torch.nn, that carries the same weights."""

from abc import ABC, abstractmethod
from typing import Any, Literal

import torch
from torch import Tensor, nn

from firsthand import optim
from firsthand.train.recipe import arguments


class Twin(nn.Module, ABC):
    """Base of the twins in `firsthand.check.twins`: a twin reads our network's weights and answers in our names.

    By default its parameters and buffers have our names; a twin that is laid out otherwise overrides the two methods.
    """

    recipe: Any = None  # the recipe under test, set before the loss is asked for
    examples: int = 16  # in each batch of the comparison; fewer of images, of which torch is slow in float64
    guess: float | None = None  # loss of a network that knows nothing; None: log of the number of outputs
    overfit: tuple[int, float] = (300, 0.005)  # steps and rate with which Adam fits 16 examples perfectly

    def copy_from(self, ours: nn.Module) -> None:
        """Take over the weights and buffers of our network."""
        self.load_state_dict(ours.state_dict())

    def named(self, kind: Literal["weight", "gradient"]) -> dict[str, Tensor]:
        """Every parameter, or its gradient, under our network's parameter names."""
        return {name: p.detach() if kind == "weight" else p.grad for name, p in self.named_parameters()}

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss that our task minimises, from torch.nn.functional."""
        return nn.functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())

    def optimizer(self) -> torch.optim.Optimizer:
        """The rule of the recipe under test from torch.optim; L2 decay acts on weight matrices, not on biases."""
        spec = self.recipe.optim
        rule = getattr(torch.optim, optim.RULES[spec.name].__name__)
        options = arguments(rule, spec)
        decay = options.pop("weight_decay", 0.0)
        groups = [
            {"params": [p for p in self.parameters() if p.requires_grad and p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in self.parameters() if p.requires_grad and p.ndim <= 1], "weight_decay": 0.0},
        ]
        return rule([group for group in groups if group["params"]], **options)

    @staticmethod
    @abstractmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A random batch for a network of the default sizes: inputs (float64 or int64) and targets."""

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same for a variant of other sizes; by default there is none."""
        return cls.batch(size, generator)


class InOrder(Twin):
    """A twin whose parameters and buffers have other names than ours, but lie in the same order."""

    def copy_from(self, ours: nn.Module) -> None:
        """Take over the weights and buffers of our network one by one."""
        self.ours = [name for name, _ in ours.named_parameters()]
        self.load_state_dict(dict(zip(self.state_dict(), ours.state_dict().values(), strict=True)))

    def named(self, kind: Literal["weight", "gradient"]) -> dict[str, Tensor]:
        """Every parameter, or its gradient, under our network's parameter names."""
        return dict(zip(self.ours, super().named(kind).values(), strict=True))
