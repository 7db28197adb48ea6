"""How the network is trained: on MNIST in minutes, and as the paper did it on binarised MNIST and on DNA."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firsthand.bounds import within
from firsthand.data.specs import Vectors
from firsthand.papers.made.model import Config
from firsthand.papers.made.task import Bits
from firsthand.train.density import DensityRecipe
from firsthand.train.recipe import Optim


@dataclass(frozen=True)
class Recipe(DensityRecipe):
    """A recipe with the network's sizes and masks, and how many masks it is tested with where they have no limit."""

    model: Config = Config()
    val_masks: int = 300  # model.masks None: sets of masks in the mixture that is validated; a list counts whole
    test_masks: int = 1000  # model.masks None: sets of masks in the mixture that is tested
    task: ClassVar = Bits

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, val_masks="[1, 1e6]", test_masks="[1, 1e6]")


# Section 6.2 and Table 5, with what only the authors' README says of their best run: orthogonal first weights, the rate
# 0.01, and direct connections. AdaGrad with the root of the sum of squares and epsilon: the sum starts at epsilon. At
# most 500 passes of 500 steps; training stops when 30 passes have not been better than the best.
PAPER = Recipe(
    model=Config(hidden=(8000, 8000), direct=True, ordering="agnostic", masks=32),
    data=Vectors("binarized-mnist"),
    steps=250_000,
    batch=100,
    optim=Optim("adagrad", lr=0.01, eps=0.0, initial_accumulator_value=1e-6),
    patience=30,
    eval_every=500,
    log_every=100,
    checkpoint_every=500,
)
# Section 6.1 and Table 3: 14 steps a pass over 1,400 examples. One set of masks, and 32.
DNA = replace(
    PAPER,
    model=Config(direct=True, ordering="random"),
    data=Vectors("dna"),
    steps=14_000,
    optim=Optim("adadelta", lr=1.0, rho=0.95, eps=1e-5),
    eval_every=14,
    log_every=14,
    checkpoint_every=700,
    threads=1,
)

PRESETS = {
    # 15 passes over 50,000 digits that we have made black and white ourselves, in their natural order.
    "laptop": replace(
        PAPER,
        model=Config(direct=True),
        data=Vectors("mnist"),
        steps=6000,
        optim=Optim("adam", lr=0.001),
        patience=None,
        threads=1,
    ),
    "paper": PAPER,
    "dna": DNA,
    "dna-masks": replace(DNA, model=replace(DNA.model, ordering="agnostic", masks=32)),
    # 500 units for MNIST without direct connections, 20 passes: what the claims look at.
    "one-mask": replace(
        PAPER,
        model=Config(ordering="random"),
        data=Vectors("mnist"),
        steps=10_000,
        optim=Optim("adam", lr=0.001),
        patience=None,
        keep="last",
        eval_every=2500,
        checkpoint_every=2500,
        threads=1,
    ),
    # DNA with 50 units and no direct connections: small enough to be underfitted, and to be trained to its end.
    "narrow": replace(
        DNA,
        model=Config(hidden=(50,), ordering="agnostic"),
        steps=12_000,
        optim=Optim("adam", lr=0.003),
    ),
    # No download, a minute: scikit-learn's 1,797 digits, in any order, so that any half of a picture can be completed.
    "digits": replace(
        PAPER,
        model=Config(direct=True, ordering="agnostic", masks=8),
        data=Vectors("digits", binarise="drawn"),
        steps=3000,
        optim=Optim("adam", lr=0.001),
        patience=None,
        eval_every=300,
        log_every=30,
        checkpoint_every=1000,
        threads=1,
    ),
}
