"""How LeNet-5 is trained: in minutes on a laptop with a modern rule, and as appendix C did it, pattern by pattern."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.bounds import NOT_NEGATIVE, POSITIVE, within
from firsthand.data.specs import Images
from firsthand.errors import UserError
from firsthand.nn import cross_entropy, rbf_map, rbf_mle
from firsthand.papers.lenet import baseline
from firsthand.papers.lenet.curvature import DiagonalLM, curvatures
from firsthand.papers.lenet.model import Config, LeNet5
from firsthand.train import recipe
from firsthand.train.classify import Classify
from firsthand.train.recipe import RuleName, Schedule, arguments
from firsthand.train.task import Batch

LOSSES = {"rbf": ("map", "mle"), "softmax": ("cross-entropy",)}  # those that suit each head, the default first


class LeNetTask(Classify):
    """Read one digit: distances from the codes under the paper's losses, or logits under cross-entropy."""

    network = LeNet5
    side = 28

    def prepare(self, images: Tensor) -> Tensor:
        """Pixels 0..255 (images, 28, 28) to -0.1 (paper) .. 1.175 (ink), in a field of 32x32. Source: sec. II-B."""
        field = torch.full((len(images), 1, 32, 32), -0.1)
        field[:, 0, 2:30, 2:30] = images.float() / 255 * 1.275 - 0.1
        return field

    @property
    def distances(self) -> bool:
        """Whether the network answers with distances, of which the smallest wins."""
        return self.recipe.model.head == "rbf"

    def logits(self, outputs: Tensor) -> Tensor:
        """Minus the distances: equation 9 takes e^-y_i for the likelihood of class i."""
        return -outputs if self.distances else outputs

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Equation 8 or 9, or the cross-entropy, of every example."""
        if not self.distances:
            return super().losses(outputs, targets)
        if self.recipe.criterion == "mle":
            return rbf_mle(outputs, targets, reduction="none")
        return rbf_map(outputs, targets, self.recipe.rubbish, reduction="none")

    def loss(self, model: Module, batch: Batch) -> Tensor:
        """The mean of `losses`; of logits by the function that is fast at it."""
        return super().loss(model, batch) if self.distances else cross_entropy(model(batch[0]), batch[1])

    def optimizer(self, model: Module) -> Optimizer:
        """The recipe's rule; the paper's own is not among those of `firsthand.optim`."""
        if self.recipe.optim.name != "diagonal-lm":
            return super().optimizer(model)
        return DiagonalLM(model.parameters(), **arguments(DiagonalLM, self.recipe.optim))

    def before_epoch(self, model: Module, optimizer: Optimizer) -> None:
        """For the paper's rule, estimate the curvatures on 500 training patterns; they are frozen during the pass."""
        if isinstance(optimizer, DiagonalLM):
            # Drawn from torch's default generator: its state is in every checkpoint, so a resumed run draws the same.
            chosen = torch.randperm(len(self.train))[:500]
            device = next(model.parameters()).device
            inputs, targets = (t.to(device) for t in self.train.batch(chosen))
            rubbish = self.recipe.rubbish if self.recipe.criterion == "map" else None
            optimizer.estimate(curvatures(model, inputs, targets, rubbish))

    def remarks(self, outputs: Tensor) -> list[dict[str, float]]:
        """How far F6 lies from the nearest code; beyond j equation 9 takes it rather for no digit (section VI-A).

        Of MNIST's test digits 3 % lie beyond, and of those that are read wrongly four in five.
        """
        if not self.distances:
            return super().remarks(outputs)
        return [{"distance": y, "distance_limit": self.recipe.rubbish} for y in outputs.amin(1).tolist()]

    def figures(self, model: Module) -> Iterator[tuple[str, Any]]:
        """Also the learned kernels, and one test digit on its way through the layers."""
        from firsthand.papers.lenet import pictures  # matplotlib takes half a second to import

        yield from super().figures(model)
        yield "kernels", pictures.kernels(model)
        yield "maps", pictures.maps(model, self.test.inputs[:1])


@dataclass(frozen=True)
class Optim(recipe.Optim):
    """The update rules of every paper, and the one of this paper's appendix C."""

    name: RuleName | Literal["diagonal-lm"] = "adam"  # update rule
    mu: float | None = None  # diagonal-lm: added to every curvature, so that no step exceeds lr / mu
    factors: tuple[float, ...] | None = None  # diagonal-lm: what multiplies lr in each pass, the last for all after

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, "optim.", mu=POSITIVE, factors=NOT_NEGATIVE)


@dataclass(frozen=True)
class Recipe(recipe.Recipe):
    """A recipe with the network's variant, the digits it learns from and the paper's losses."""

    model: Config = Config()
    data: Images = Images()
    optim: Optim = Optim()
    loss: Literal["mle", "map", "cross-entropy"] | None = None  # eq. 8, eq. 9, or for logits; None: what suits the head
    rubbish: float = 20.0  # map: j, the distance of the class of things that are no digit; the paper gives no value
    task: ClassVar = LeNetTask

    def __post_init__(self) -> None:
        super().__post_init__()
        fits = LOSSES[self.model.head]
        if self.criterion not in fits:
            raise UserError(f"With model.head {self.model.head} the loss is {' or '.join(fits)}, not {self.loss}.")
        within(self, rubbish=POSITIVE)

    @property
    def criterion(self) -> str:
        """The loss, also where the recipe leaves it to the head."""
        return self.loss or LOSSES[self.model.head][0]


# Appendix C's rates 0.0005, 0.0002, 0.0001, 0.00005 and 0.00001 as multiples of the first, for 2, 3, 3, 4 and 8 passes.
FACTORS = (1.0,) * 2 + (0.4,) * 3 + (0.2,) * 3 + (0.1,) * 4 + (0.02,) * 8

# 10 passes over 55,000 images.
PASSES = {"steps": 8600, "batch": 64, "threads": 1, "schedule": Schedule("one-cycle"),
          "eval_every": 860, "log_every": 100, "checkpoint_every": 860}  # fmt: skip
# The published network with an adaptive rule.
LAPTOP = Recipe(optim=Optim("adam", lr=0.002), diagnose_every=430, **PASSES)
# A fully-connected network of figure 9, 238,510 parameters, trained alike.
MLP_300 = baseline.Recipe(model=baseline.Config(hidden=(300,)), optim=recipe.Optim("adam", lr=0.001), **PASSES)

PRESETS = {
    "laptop": LAPTOP,
    # What LeNet became: ReLU, max pooling, all of S2 for every map of C3, softmax; 61,706 parameters.
    "modern": replace(LAPTOP, model=Config(head="softmax", pooling="max", activation="relu", c3="full")),
    # No download, seconds: scikit-learn's 1,797 digits.
    "digits": replace(
        LAPTOP,
        data=Images("digits"),
        steps=600,
        batch=32,
        optim=Optim("adam", lr=0.003),
        eval_every=100,
        log_every=20,
        checkpoint_every=200,
        diagnose_every=100,
    ),
    # Appendix C: 20 passes over all 60,000 images in one order, a step for each image.
    "paper": Recipe(
        data=Images(validation=0),
        steps=1_200_000,
        batch=1,
        threads=1,
        order="constant",
        optim=Optim("diagonal-lm", lr=0.0005, mu=0.02, factors=FACTORS),
        loss="mle",
        keep="last",
        eval_every=60_000,
        log_every=6000,
        checkpoint_every=60_000,
    ),
    "mlp-300": MLP_300,
    "mlp-300-100": replace(MLP_300, model=baseline.Config(hidden=(300, 100))),  # 266,610 parameters
}
