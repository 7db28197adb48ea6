"""How the name generator is trained: in seconds on a laptop, as the course does it, and as the lectures do it."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Names
from firsthand.papers.mlp.model import MLP, Config
from firsthand.train import recipe
from firsthand.train.next_character import NextCharacter
from firsthand.train.recipe import Optim, Schedule


class NameTask(NextCharacter):
    """Predict the next character of a name."""

    network = MLP


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network's sizes and the names it learns from."""

    model: Config = Config()
    data: Names = Names()
    task: ClassVar = NameTask


# One thread each: the matrices are too small to share, and the same bits come out on every number of cores.
PRESETS = {
    # The same network as `paper` with an adaptive rule and larger batches: a fifth of the time or less, a lower loss.
    "laptop": Recipe(
        steps=2000,
        batch=512,
        optim=Optim("adamw", lr=0.02, weight_decay=0.05),
        schedule=Schedule("one-cycle"),
        eval_every=250,
        checkpoint_every=250,
        diagnose_every=100,
        threads=1,
    ),
    # DL-101: 100,000 steps of plain SGD on the Indian names. The notes leave batch and rate open: the lectures'.
    "paper": Recipe(
        data=Names("indian-male-names"),
        steps=100_000,
        batch=32,
        order="replacement",
        optim=Optim("sgd", lr=0.1),
        schedule=Schedule("step", drops=(75_000,), factor=0.1),
        keep="last",
        eval_every=10_000,
        log_every=1000,
        checkpoint_every=10_000,
        threads=1,
    ),
    # makemore parts 2 and 3: one hidden layer of 200 on 32,033 first names, 200,000 steps.
    "lecture": Recipe(
        model=Config(hidden=(200,), batch_norm="none", gain=5 / 3),
        data=Names("makemore-names"),
        steps=200_000,
        batch=32,
        order="replacement",
        optim=Optim("sgd", lr=0.1),
        schedule=Schedule("step", drops=(100_000,), factor=0.1),
        keep="last",
        eval_every=20_000,
        log_every=1000,
        checkpoint_every=20_000,
        threads=1,
    ),
}
