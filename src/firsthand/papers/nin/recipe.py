"""How networks in networks are trained: in minutes on garments, and by the authors' solver for CIFAR-10."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Augment, Pictures
from firsthand.papers.nin.model import Config, NiN
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.vision import Vision, VisionRecipe


class NiNTask(Vision):
    """Say what a picture shows, with a network in network."""

    network = NiN


@dataclass(frozen=True)
class Recipe(VisionRecipe):
    """A recipe with the network's variant."""

    model: Config = Config()
    task: ClassVar = NiNTask


# About a fifth of the width, three passes over Fashion-MNIST. At twice the rate the rectified maps learn much later,
# and so few maps bear less dropout than published.
LAPTOP = Recipe(
    model=Config((32, 24, 16, 40, 40, 40, 40, 40), grid=7, std=(0.0,), dropout=0.2), steps=1290, batch=128,
    optim=Optim("sgd", lr=0.05, momentum=0.9, weight_decay=1e-4), schedule=Schedule("one-cycle"), eval_every=215,
    data=Pictures("fashion-mnist", augment=Augment(pad=2, flip=True)), checkpoint_every=215, log_every=20,
)  # fmt: skip
# The authors' Caffe solver for CIFAR-10; the paper says that the rate is divided by ten when the training accuracy
# stalls. It normalises contrast and whitens, where ours takes each pixel's mean away.
PAPER = Recipe(
    steps=120_000, batch=128, optim=Optim("sgd", lr=0.1, momentum=0.9, weight_decay=1e-4), keep="last",
    schedule=Schedule("step", drops=(100_000,), factor=0.1), eval_every=1000, checkpoint_every=1000,
    data=Pictures("cifar10", validation=0, normalise="pixel"),
)  # fmt: skip
PRESETS = {"laptop": LAPTOP, "paper": PAPER}
