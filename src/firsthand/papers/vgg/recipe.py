"""How VGG is trained: in minutes on garments, and as section 3.1 did it."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Augment, Pictures
from firsthand.papers.vgg.model import VGG, Config
from firsthand.papers.vgg.variants import VARIANTS
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.vision import Vision, VisionRecipe


class VGGTask(Vision):
    """Say what a picture shows, with one of the networks of Table 1."""

    network = VGG


@dataclass(frozen=True)
class Recipe(VisionRecipe):
    """A recipe with the network's variant."""

    model: Config = Config()
    task: ClassVar = VGGTask


SGD = Optim("sgd", lr=0.01, momentum=0.9, weight_decay=5e-4)

# Configuration A at an eighth of its width, three pools and 3x3 last maps, three passes over Fashion-MNIST.
LAPTOP = Recipe(
    steps=1290, batch=128, optim=SGD, schedule=Schedule("one-cycle"), data=Pictures("fashion-mnist"), eval_every=215,
    checkpoint_every=215, log_every=20,
)  # fmt: skip
# Section 3.1: configuration D, 370,000 steps of 256, the rate divided by ten three times, each time the validation
# error stalls; the shorter side is 256 to 512 pixels, from the start and not after nets of one size.
PAPER = Recipe(
    steps=370_000, batch=256, optim=SGD, schedule=Schedule("plateau", factor=0.1, floor=0.001, patience=3), keep="last",
    data=Pictures("imagenet", shorter=384, augment=Augment(side=(256, 512), flip=True, colour=0.1)),
    model=VARIANTS["D"], eval_every=5000, checkpoint_every=5000,
)  # fmt: skip
PRESETS = {"laptop": LAPTOP, "paper": PAPER}
