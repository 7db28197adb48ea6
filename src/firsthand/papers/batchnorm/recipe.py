"""How the networks are trained: that of section 4.1 for 8,000 steps or the paper's 50,000, and a small Inception."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import Module

from firsthand.data.specs import Images
from firsthand.nn import cross_entropy
from firsthand.papers.batchnorm import inception
from firsthand.papers.batchnorm.inception import Inception
from firsthand.papers.batchnorm.model import VARIANTS, Config, SigmoidNetwork
from firsthand.train import recipe
from firsthand.train.classify import Classify
from firsthand.train.recipe import Optim
from firsthand.train.task import Batch


class DigitTask(Classify):
    """Read one digit from black and white pixels, under cross-entropy."""

    network = SigmoidNetwork

    def prepare(self, images: Tensor) -> Tensor:
        """Pixels 0..255 (images, 28, 28) to 0 (paper) or 1 (ink, from half of the range up)."""
        return (images[:, None] >= 128).float()

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The mean cross-entropy of a batch in nats, by the function that is fast at it."""
        return cross_entropy(model(batch[0]), batch[1])


class InceptionTask(Classify):
    """Say what a picture shows with BN-Inception: cross-entropy, and 0.4 times that of the side tower."""

    network = Inception

    def prepare(self, images: Tensor) -> Tensor:
        """Pixels 0..255 of any size, with colours or without, to -1..1 in three colours and the network's size."""
        size, (height, width) = self.recipe.model.size, images.shape[-2:]
        rows, columns = (torch.arange(size) * side // size for side in (height, width))  # the nearest pixels
        maps = super().prepare(images)[:, :, rows][..., columns]
        return (2 * maps - 1).expand(-1, 3, -1, -1)

    def logits(self, outputs: Tensor) -> Tensor:
        """Those of the network's own output."""
        return outputs[:, 0]

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The mean loss of both heads in nats, the tower's weighed by 0.4. Source: supplement, the network's table."""
        output, tower = model(batch[0]).unbind(1)
        return cross_entropy(output, batch[1]) + 0.4 * cross_entropy(tower, batch[1])


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """One way to train the network."""

    model: Config = Config()
    data: Images = Images()
    task: ClassVar = DigitTask


@dataclass(frozen=True)
class InceptionRecipe(recipe.Recipe):
    """One way to train BN-Inception."""

    model: inception.Config = inception.Config()
    data: Images = Images()
    task: ClassVar = InceptionTask


# The paper gives neither the rule nor its rate. Plain SGD at 0.5 is ours: at first weights of 0.01 both networks then
# learn about as fast as those of figure 1a.
LAPTOP = Recipe(
    steps=8000, batch=60, optim=Optim("sgd", lr=0.5), threads=1, eval_every=500, log_every=100, checkpoint_every=2000
)
# Section 4.1: 50,000 steps of 60 of all 60,000 images.
PAPER = replace(
    LAPTOP,
    data=Images(validation=0),
    steps=50_000,
    keep="last",
    eval_every=5000,
    checkpoint_every=10_000,
)

PRESETS = {
    "laptop": LAPTOP,
    "plain": replace(LAPTOP, model=VARIANTS["mnist-plain"]),
    "deep": replace(LAPTOP, model=VARIANTS["mnist-deep"]),
    # No download, seconds: scikit-learn's 1,797 digits.
    "digits": replace(LAPTOP, data=Images("digits"), steps=1000, eval_every=100, log_every=20, checkpoint_every=500),
    # BN-Inception with a sixteenth of its maps, on the same digits at 96x96 pixels; the paper's largest rate (BN-x30).
    "inception": InceptionRecipe(
        model=inception.Config(classes=10, size=96, width=1 / 16),
        data=Images("digits"),
        steps=200,
        batch=32,
        optim=Optim("sgd", lr=0.045, momentum=0.9),
        eval_every=50,
        log_every=10,
        checkpoint_every=100,
    ),
    "paper": PAPER,
    "paper-plain": replace(PAPER, model=VARIANTS["mnist-plain"]),
}
