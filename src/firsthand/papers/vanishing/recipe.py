"""How the latch is trained: on a batch of noisy sequences at a time, and as the paper did it, a pair at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Module

from firsthand.bounds import NOT_NEGATIVE, SEED, within
from firsthand.errors import UserError
from firsthand.papers.vanishing.jacobians import by_lag
from firsthand.papers.vanishing.model import Config, Latch, RecurrentClassifier
from firsthand.train import recipe
from firsthand.train.recipe import Optim
from firsthand.train.task import Batch, Examples, Task

TARGET = 0.8  # d of class 1; that of class 0 is -d
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
        """Training, validation and test sequences, each beginning with `lead` steps that show its class."""
        generator = Generator().manual_seed(self.noise_seed)
        return tuple(pairs(n, self.length, lead, self.noise, generator) for n in (self.train, self.val, self.test))


def pairs(count: int, length: int, lead: int, noise: float, generator: Generator) -> Part:
    """Sequences of classes 0, 1, 0, 1, ...: `lead` steps of -1 or 1, then noise of this standard deviation."""
    classes = torch.arange(count) % 2
    x = torch.randn(count, length, generator=generator) * noise
    x[:, :lead] = (2.0 * classes - 1)[:, None]
    return x, classes


def cost(outputs: Tensor, classes: Tensor) -> Tensor:
    """C = 1/2 (x_T - d)^2 of every sequence."""
    return (outputs - TARGET * (2 * classes - 1).to(outputs.dtype)).square() / 2


class Remember(Task):
    """Say after T steps how the sequence began; scores are the cost C and the error (share of wrong signs)."""

    def __init__(self, recipe: Any):
        super().__init__(recipe)
        self.train, self.val, self.test = (Examples(*part) for part in recipe.data.load(recipe.model.lead))

    def model(self) -> Module:
        """The latch, or a layer of recurrent units."""
        config = self.recipe.model
        return Latch(config) if config.cell == "latch" else RecurrentClassifier(config)

    def scores(self, model: Module, batch: Batch) -> dict[str, Tensor]:
        """Cost of every sequence, and 1 where the sign is wrong."""
        outputs = model(batch[0])
        return {"loss": cost(outputs, batch[1]), "error": ((outputs > 0) != (batch[1] > 0)).float()}

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """The gradient of the cost at the states of every step, and the states themselves."""
        from firsthand.papers.vanishing import pictures  # matplotlib takes half a second to import

        like = next(model.parameters())
        x, classes = self.test.batch(torch.arange(min(200, len(self.test))))
        outputs, states = model.double().unroll(x.to(like.device, torch.float64))  # small gradients need the digits
        norms = by_lag(cost(outputs, classes.to(like.device)), states).cpu()
        model.to(like.dtype)
        yield "gradient", pictures.gradient(norms, model.w.item() if isinstance(model, Latch) else None)
        first = torch.stack([parts[0].detach().cpu() for parts in states], 1)
        yield "memory", pictures.memory(first.view(*first.shape[:2], -1), classes)  # a latch has one unit


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network and its sequences."""

    model: Config = Config()
    data: Sequences = Sequences()
    task: ClassVar = Remember

    def __post_init__(self) -> None:
        super().__post_init__()
        length, lead = self.data.length, self.model.lead
        if length <= lead:
            raise UserError(f"data.length ({length}) must be above model.lead ({lead}): noise follows the class.")


# Sixteen pairs a step. One thread: there is nothing to share.
EVERY = {"eval_every": 100, "log_every": 20, "checkpoint_every": 500}
LAPTOP = Recipe(steps=1500, batch=32, optim=Optim("sgd", lr=0.2), threads=1, **EVERY)
UNITS = replace(LAPTOP, optim=Optim("adam", lr=0.01), clip=1.0)  # for layers of units

PRESETS = {
    "laptop": LAPTOP,
    # The second experiment: T = 20, w from 1.25, a pair of fresh sequences an update, here 2,000 updates. The rate is
    # not known: 0.1 for the sum over the pair, which is 0.2 for its mean.
    "paper": replace(
        LAPTOP, steps=2000, batch=2, order="constant", keep="last", eval_every=500, log_every=50, checkpoint_every=1000
    ),
    # The 2-sequence problem with five tanh units, and what later kinds of units make of it.
    "rnn": replace(UNITS, model=Config("rnn")),
    "gru": replace(UNITS, model=Config("gru")),
    "lstm": replace(UNITS, model=Config("lstm", forget=3.0)),  # gates 95 % open: T is long
}
