"""How GoogLeNet is trained: in minutes on garments, and by the published rule."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn import Module

from firsthand.bounds import MULTIPLE, within
from firsthand.data.specs import Augment, Pictures
from firsthand.nn import cross_entropy
from firsthand.papers.googlenet.model import Config, GoogLeNet
from firsthand.papers.googlenet.variants import VARIANTS
from firsthand.train.recipe import Optim, Schedule
from firsthand.train.task import Batch
from firsthand.train.vision import Vision, VisionRecipe


class GoogLeNetTask(Vision):
    """Say what a picture shows; in training the auxiliary heads must say it, too."""

    network = GoogLeNet

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The main head's mean loss, and in training those of the auxiliary heads with their weight. Source: sec. 5."""
        outputs = model(batch[0])
        if outputs.ndim == 2:
            return cross_entropy(outputs, batch[1])
        main, *others = (cross_entropy(logits, batch[1]) for logits in outputs)
        return main + self.recipe.auxiliary * sum(others)


@dataclass(frozen=True)
class Recipe(VisionRecipe):
    """A recipe with the network's variant and the weight of its auxiliary heads."""

    model: Config = Config()
    auxiliary: float = 0.3  # what multiplies the loss of each auxiliary head
    task: ClassVar = GoogLeNetTask

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, auxiliary=MULTIPLE)


# All nine modules at a quarter of their width; one pass over Fashion-MNIST. Dropout is the published network's 40 % of
# 1,024 channels: of a quarter of them it is left out, in the auxiliary heads, too.
LAPTOP = Recipe(
    model=Config(dropout=0.0, aux_dropout=0.0), steps=860,
    batch=64, optim=Optim("adam", lr=0.002), schedule=Schedule("one-cycle"), eval_every=215,
    data=Pictures("fashion-mnist", augment=Augment(pad=2, flip=True)), checkpoint_every=215, log_every=20,
)  # fmt: skip
# Section 6: momentum 0.9, the rate 4 % lower every eight passes, the mean of the weights; crops of 8 to 100 % of the
# picture. The paper leaves out the first rate, batch, decay and number of passes: they are those of Caffe's replica.
PAPER = Recipe(
    steps=250 * 40_036, batch=32, optim=Optim("sgd", lr=0.01, momentum=0.9, weight_decay=2e-4), average="polyak",
    schedule=Schedule("exponential", factor=0.96, every=8 * 40_036), keep="last", eval_every=40_036,
    checkpoint_every=10_000, data=Pictures("imagenet", augment=Augment(area=(0.08, 1.0), flip=True)),
    model=VARIANTS["published"],
)  # fmt: skip
PRESETS = {"laptop": LAPTOP, "paper": PAPER}
