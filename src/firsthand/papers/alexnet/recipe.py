"""How AlexNet is trained: in minutes on garments, and as section 5 did it."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firsthand.data.specs import Augment, Pictures
from firsthand.papers.alexnet.model import AlexNet, Config
from firsthand.papers.alexnet.variants import VARIANTS
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.vision import Vision, VisionRecipe


class AlexNetTask(Vision):
    """Say what a picture shows, with AlexNet or a small network of its kind."""

    network = AlexNet


@dataclass(frozen=True)
class Recipe(VisionRecipe):
    """A recipe with the network's variant."""

    model: Config = Config()
    task: ClassVar = AlexNetTask


# All that is in the paper at an eighth of its widths and less, on a sixth of Fashion-MNIST.
LAPTOP = Recipe(
    steps=1170, batch=128, optim=Optim("sgd", lr=0.02, momentum=0.9, weight_decay=5e-4), schedule=Schedule("one-cycle"),
    model=Config(widths=(12, 16, 32), hidden=(128,), grid=3), eval_every=195, checkpoint_every=195, log_every=20,
    data=Pictures("fashion-mnist", limit=10_000, normalise="pixel", augment=Augment(pad=2, flip=True)),
)  # fmt: skip
# Section 5: ImageNet, about 90 passes, the rate divided by ten three times, whenever the validation error stalls.
PAPER = Recipe(
    steps=900_820, batch=128, optim=Optim("sgd", lr=0.01, momentum=0.9, weight_decay=5e-4), keep="last",
    schedule=Schedule("plateau", factor=0.1, patience=5, floor=1e-3), eval_every=10_000, checkpoint_every=10_000,
    data=Pictures("imagenet", normalise="pixel", augment=Augment(side=(256, 256), flip=True, colour=0.1)),
    model=VARIANTS["two-towers"],
)  # fmt: skip
# What the claims vary: 1,000 garments for 30 passes, with nothing against overfitting.
GARMENTS = replace(
    LAPTOP, steps=300, batch=100, optim=replace(LAPTOP.optim, lr=0.03), keep="last", eval_every=300,
    checkpoint_every=300, model=Config(widths=(8, 8, 16), hidden=(64,), grid=3, dropout=0.0),
    data=Pictures("fashion-mnist", limit=1000, validation=500, normalise="pixel"),
)  # fmt: skip
PRESETS = {"laptop": LAPTOP, "paper": PAPER, "garments-1000": GARMENTS}
