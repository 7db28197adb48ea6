"""The task: which of two sequences began, when all that follows is noise."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from firsthand.bounds import NOT_NEGATIVE, SEED, within

Part = tuple[Float[Tensor, "_ time"], Int[Tensor, " _"]]  # sequences, and the class of each


@dataclass(frozen=True)
class Sequences:
    """How long the sequences are, how noisy, and how many."""

    name: Literal["latch"] = "latch"  # the problem
    length: int = 20  # T: steps from the beginning of a sequence to the question
    noise: float = 0.2  # standard deviation of the noise in every step after the first `model.lead`
    train: int = 4000  # sequences to train on, both classes in turn
    val: int = 500  # to choose the weights that count
    test: int = 2000  # to score them
    noise_seed: int = 0  # decides the noise

    def __post_init__(self) -> None:
        two = "[2, 1e12]"
        within(self, "data.", length=two, train=two, val=two, test=two, noise=NOT_NEGATIVE, noise_seed=SEED)

    def load(self, lead: int) -> tuple[Part, Part, Part]:
        """Training, validation and test sequences, each beginning with `lead` steps that tell its class."""
        generator = Generator().manual_seed(self.noise_seed)
        return tuple(
            draw(count, self.length, lead, self.noise, generator) for count in (self.train, self.val, self.test)
        )


def draw(count: int, length: int, lead: int, noise: float, generator: Generator) -> Part:
    """Sequences of classes 0, 1, 0, 1, ...: `lead` steps of -1 or 1, then noise of this standard deviation."""
    classes = torch.arange(count) % 2
    x = torch.randn(count, length, generator=generator) * noise
    x[:, :lead] = (2.0 * classes - 1)[:, None]
    return x, classes
