"""How RegNets are trained: in minutes on garments, and by the paper's recipe."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Augment, Pictures
from firsthand.papers.regnet.model import Config, RegNet
from firsthand.papers.regnet.variants import VARIANTS
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.vision import Vision, VisionRecipe


class RegNetTask(Vision):
    """Say what a picture shows, with a network of a design space."""

    network = RegNet


@dataclass(frozen=True)
class Recipe(VisionRecipe):
    """A recipe with the network's sizes."""

    model: Config = Config()
    task: ClassVar = RegNetTask


# The network of ten blocks, three passes over Fashion-MNIST.
LAPTOP = Recipe(
    steps=1290, batch=128, optim=Optim("sgd", lr=0.1, momentum=0.9, weight_decay=5e-5),
    schedule=Schedule("cosine", warmup=43), eval_every=215, checkpoint_every=215, log_every=20,
    data=Pictures("fashion-mnist", augment=Augment(pad=2, flip=True)),
)  # fmt: skip
# Appendix B: ImageNet, 100 passes, a batch of 1024, the rate 0.1 for every 128 images, five passes of warm-up, half a
# cosine, and no regularisation but weight decay. The authors' decay acts on all parameters, ours on weights only. They
# do not print the augmentation: GoogLeNet's crops and mirror images are what others use.
PAPER = Recipe(
    steps=100 * 1251, batch=1024, optim=Optim("sgd", lr=0.8, momentum=0.9, weight_decay=5e-5), keep="last",
    schedule=Schedule("cosine", warmup=5 * 1251), eval_every=1251, checkpoint_every=1251,
    data=Pictures("imagenet", augment=Augment(area=(0.08, 1.0), flip=True)), model=VARIANTS["x-200mf"],
)  # fmt: skip
PRESETS = {"laptop": LAPTOP, "paper": PAPER}
