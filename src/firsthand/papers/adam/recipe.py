"""How the digits of section 6 are learned: the network with dropout, briefly and as published, and its relatives."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firsthand.data.specs import Images
from firsthand.papers.adam.model import MLP, Config
from firsthand.train import recipe
from firsthand.train.classify import Classify
from firsthand.train.recipe import Optim, Schedule


class DigitTask(Classify):
    """Read one digit, under cross-entropy; pixels go from 0 to 1."""

    network = MLP
    side = 28


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network's sizes and the digits it learns from."""

    model: Config = Config()
    data: Images = Images()
    task: ClassVar = DigitTask


# Section 6.2: batches of 128 and 200 passes over all images with dropout, Adam at its defaults.
PAPER = Recipe(
    data=Images(validation=0),
    steps=93_800,
    batch=128,
    optim=Optim("adam", lr=0.001),
    keep="last",
    eval_every=469,
    log_every=469,
    checkpoint_every=4690,
    threads=1,
)

CYCLE = {"schedule": Schedule("one-cycle"), "keep": "best"}
ROOT_OF_T = Schedule("inverse-sqrt", warmup=1)  # alpha / sqrt(t) at step t
PRESETS = {
    # The same for 6 passes over 55,000 images; the rate falls in the end, and the best weights are kept.
    "laptop": replace(
        PAPER,
        data=Images(),
        steps=2580,
        eval_every=430,
        log_every=43,
        checkpoint_every=860,
        diagnose_every=430,
        **CYCLE,
    ),
    "paper": PAPER,
    # Section 6.1: logistic regression, 10 of the paper's 45 passes; seconds.
    "logistic": replace(PAPER, model=Config(hidden=()), steps=4690, optim=Optim("adam", lr=0.01), schedule=ROOT_OF_T),
    # No download, seconds: scikit-learn's 1,797 digits.
    "digits": replace(
        PAPER,
        model=Config(hidden=(200, 200)),
        data=Images("digits"),
        steps=600,
        batch=32,
        eval_every=100,
        log_every=20,
        checkpoint_every=200,
        diagnose_every=100,
        **CYCLE,
    ),
}
