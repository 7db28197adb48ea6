"""How digits are learned with RMSprop: in a minute on a laptop, in seconds, and as the authors of Adam did it."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Images
from firsthand.papers.rmsprop.model import MLP, Config
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


ALPHA = {"optim": Optim("rmsprop", lr=0.001, alpha=0.9), "threads": 1}
FALLING = ALPHA | {"schedule": Schedule("linear")}  # at a constant rate the weights hover
PRESETS = {
    # 8 passes over 55,000 images.
    "laptop": Recipe(
        model=Config(hidden=(256, 256), dropout=0.0),
        steps=3440,
        batch=128,
        eval_every=430,
        log_every=43,
        checkpoint_every=860,
        diagnose_every=430,
        **FALLING,
    ),
    # No download, seconds: 10 passes over scikit-learn's digits, the network of the claim about scales.
    "digits": Recipe(
        model=Config(hidden=(64, 64), dropout=0.0),
        data=Images("digits"),
        steps=450,
        eval_every=90,
        log_every=15,
        checkpoint_every=225,
        **FALLING,
    ),
    # Adam's figure 2a: batches of 128 and 200 passes over all images with dropout. It gives neither alpha nor the rate.
    "paper": Recipe(
        data=Images(validation=0),
        steps=93_800,
        batch=128,
        keep="last",
        eval_every=4690,
        log_every=469,
        checkpoint_every=4690,
        **ALPHA,
    ),
}
