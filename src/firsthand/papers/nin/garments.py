"""What claims about layers and heads measure: a narrow network on 3,000 garments, changed in one place at a time."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

from matplotlib.figure import Figure

from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.training import Training
from firsthand.figures.curves import Runs, metric
from firsthand.figures.dots import dots, rows
from firsthand.figures.style import BLUE, GREEN, subplots
from firsthand.options import override
from firsthand.papers.nin.recipe import PRESETS

PERCEPTRONS, CONVOLUTIONS = (24, 20, 12, 24, 24, 24, 24, 24), (21, 21, 21)  # maps, of as many parameters
SIZE = (
    "24 maps a layer and fewer, 15,900 parameters, on 3,000 garments of Fashion-MNIST for 900 steps of 64, without "
    "augmentation, dropout or weight decay on biases; the paper had 192 maps, 50,000 photographs and days."
)
DEAD = (
    "Where means decide, rectified maps of some classes are zero for every image and stay so: of three seeds one "
    "learned nothing and one half of the classes. What is measured is mostly that, and not what the paper states; "
    "maps without the last rectifier (`--model.no-rectified`), or a smaller rate at the start, would have to settle it."
)


def garments(
    mlpconv: bool = True, head: Literal["mean", "linear"] = "mean", head_dropout: float = 0.0, seed: int = 0
) -> Outcome:
    """Training and test error of a narrow network on 3,000 garments.

    Args:
        mlpconv: whether two 1x1 convolutions follow in a block; without, the others are wider for as many parameters.
        head: what makes logits of the class maps.
        head_dropout: share of what a linear head sees that is silenced while training.
        seed: of weights and order.
    """
    model = {"model.mlpconv": mlpconv, "model.head": head, "model.head_dropout": head_dropout, "model.dropout": 0.0}
    size = {"model.widths": PERCEPTRONS if mlpconv else CONVOLUTIONS, "data.limit": 3000, "steps": 900, "batch": 64}
    plain = {"data.augment.pad": 0, "data.augment.flip": False, "optim.lr": 0.05, "seed": seed}
    training = Training(override(PRESETS["laptop"], model | size | plain))
    losses = [loss for _, loss in training.steps(training.recipe.steps)][:-1]
    found = {f"{split}_error": training.score(split)["error"] for split in ("train", "test")}
    return found | {"parameters": sum(p.numel() for p in training.network.parameters()), "losses": losses}


TEST = Measure("test_error", "test error (%)", scale=100.0, digits=2)
TRAIN = Measure("train_error", "training error (%)", scale=100.0, digits=2)
PARAMETERS = Measure("parameters", "parameters", digits=0)
MEANS = Arm("perceptrons, means", experiment=garments)
SEEDS = (3, 4, 5)


def errors(arms: Sequence[Arm], title: str) -> partial[Figure]:
    """What draws every run's errors, an arm below the other."""
    return partial(_drawn, arms=arms, title=title)


def _drawn(seen: Runs, arms: Sequence[Arm], title: str) -> Figure:
    figure, axes = subplots(8, 1.3 + 0.5 * len(arms))
    for row, arm in enumerate(arms):
        for measure, colour in ((TRAIN, GREEN), (TEST, BLUE)):
            found = [measure.scale * value for value in metric(seen[arm.name], measure.name)]
            dots(axes, row, found, colour, label=None if row else measure.label.removesuffix(" (%)"))
    rows(axes, [arm.name for arm in arms])
    axes.set(xlabel="error (%)", title=title)
    axes.set_xlim(0, 1.1 * axes.get_xlim()[1])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
