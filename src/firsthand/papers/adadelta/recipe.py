"""How the digits are learned: in seconds on a laptop, and as for the paper's tables."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Images
from firsthand.papers.adadelta.model import Config, DigitNetwork
from firsthand.train import recipe
from firsthand.train.classify import Classify
from firsthand.train.recipe import Optim


class DigitTask(Classify):
    """Read one digit from pixels between 0 and 1, under the cross-entropy."""

    network = DigitNetwork
    side = 28


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network's sizes and the digits it learns from."""

    model: Config = Config()
    data: Images = Images()
    task: ClassVar = DigitTask


# The paper's constants; a rate of 1 is none.
ADADELTA = {"optim": Optim("adadelta", lr=1.0, rho=0.95, eps=1e-6), "threads": 1}

PRESETS = {
    # Four passes over 55,000 images; the 5,000 others choose the weights that count.
    "laptop": Recipe(
        steps=2200, batch=100, eval_every=550, log_every=50, checkpoint_every=1100, diagnose_every=275, **ADADELTA
    ),
    # No download, a second: scikit-learn's 1,797 digits.
    "digits": Recipe(
        data=Images("digits"),
        steps=450,
        eval_every=90,
        log_every=15,
        checkpoint_every=450,
        diagnose_every=90,
        **ADADELTA,
    ),
    # Tables 1 and 2: six passes over all 60,000 images.
    "paper": Recipe(
        data=Images(validation=0), steps=3600, batch=100, keep="last", log_every=100, checkpoint_every=3600, **ADADELTA
    ),
}
