"""How VGG is trained: in minutes on garments, and with the rule and the schedule of section 3.1."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Augment, Pictures
from firsthand.papers.vgg.model import VGG, Config
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
# Section 3.1: batches of 256, 370,000 steps, the rate divided by ten three times, each time the validation stalls.
# The pictures and the network are small ones; `--variant D` and a folder of large pictures make it the paper's.
PAPER = Recipe(
    steps=370_000, batch=256, optim=SGD, schedule=Schedule("plateau", factor=0.1, floor=0.001, patience=3),
    data=Pictures("fashion-mnist", augment=Augment(flip=True)),
    model=Config(blocks=(2, 2, 3, 3, 3), width=64, hidden=4096, init="glorot"), eval_every=5000, checkpoint_every=5000,
)  # fmt: skip
PRESETS = {"laptop": LAPTOP, "paper": PAPER}
