"""How residual networks are trained: in minutes on garments, and as section 4.2 and section 3.4 did it."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Augment, Pictures
from firsthand.papers.resnet.model import Config, ResNet
from firsthand.papers.resnet.variants import VARIANTS
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.vision import Vision, VisionRecipe


class ResNetTask(Vision):
    """Say what a picture shows, with a residual or a plain network."""

    network = ResNet


@dataclass(frozen=True)
class Recipe(VisionRecipe):
    """A recipe with the network's variant."""

    model: Config = Config()
    task: ClassVar = ResNetTask


SGD = Optim("sgd", lr=0.1, momentum=0.9, weight_decay=1e-4)

# ResNet-20 at half its width, three passes over Fashion-MNIST.
LAPTOP = Recipe(
    steps=1290, batch=128, optim=SGD, schedule=Schedule("one-cycle"), model=Config(width=8), eval_every=215,
    data=Pictures("fashion-mnist", augment=Augment(pad=2, flip=True)), checkpoint_every=215, log_every=20,
)  # fmt: skip
# Section 4.2: 64,000 steps on CIFAR-10, the rate divided by ten at 32,000 and 48,000.
PAPER = Recipe(
    steps=64_000, batch=128, optim=SGD, schedule=Schedule("step", drops=(32_000, 48_000), factor=0.1),
    data=Pictures("cifar10", validation=0, normalise="pixel", augment=Augment(pad=4, flip=True)), keep="last",
    eval_every=1000, checkpoint_every=1000,
)  # fmt: skip
# Section 3.4: ResNet-50 on ImageNet, 600,000 steps of 256, the rate divided by ten where the error stalls.
IMAGENET = Recipe(
    steps=600_000, batch=256, optim=SGD, schedule=Schedule("plateau", factor=0.1, patience=5, floor=1e-3), keep="last",
    data=Pictures("imagenet", normalise="pixel", augment=Augment(side=(256, 480), flip=True, colour=0.1)),
    eval_every=5000, checkpoint_every=5000, model=VARIANTS["50"],
)  # fmt: skip
PRESETS = {"laptop": LAPTOP, "paper": PAPER, "imagenet": IMAGENET}
