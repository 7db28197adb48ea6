"""How RegNets are trained: in minutes on garments, and by the paper's recipe."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.data.specs import Augment, Pictures
from firsthand.papers.regnet.model import Config, RegNet
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
# Appendix B: 100 passes, a batch of 1024, the rate 0.1 for every 128 images, five passes of warm-up, half a cosine, and
# no regularisation but weight decay. The paper's data are ImageNet's, 1251 steps a pass; here it is Fashion-MNIST's
# 60,000 images, 58 full batches a pass, and the small network. The authors' decay acts on all parameters, ours on
# weights only.
PAPER = Recipe(
    steps=5800, batch=1024, optim=Optim("sgd", lr=0.8, momentum=0.9, weight_decay=5e-5),
    schedule=Schedule("cosine", warmup=290), eval_every=290, checkpoint_every=290, keep="last",
    data=Pictures("fashion-mnist", validation=0, augment=Augment(pad=2, flip=True)),
)  # fmt: skip
PRESETS = {"laptop": LAPTOP, "paper": PAPER}
