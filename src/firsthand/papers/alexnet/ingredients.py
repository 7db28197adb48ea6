"""What the claims measure that take one ingredient away or add it: the small network, its arms, and their figure."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from matplotlib.figure import Figure

from firsthand.claims import Arm, Measure, Outcome, Quantity
from firsthand.claims.bench.training import Training
from firsthand.claims.conditions import listed
from firsthand.figures.curves import Runs, metric
from firsthand.figures.dots import dots, rows
from firsthand.figures.style import BLUE, GREEN, subplots
from firsthand.options import override
from firsthand.papers.alexnet.recipe import PRESETS

TEST = Measure("test_error", "test error (%)", scale=100.0, digits=2)
TRAIN = Measure("train_error", "training error (%)", scale=100.0, digits=2)
SIZE = (
    "Three convolutions of 8, 8 and 16 maps, kernels of 5x5, and a hidden layer of 64 units, on 1,000 images of "
    "Fashion-MNIST for 30 passes, by section 5's rule and first weights on pixels of 0..255."
)


def ingredients(
    response_norm: bool = True,
    pool: Literal[2, 3] = 3,
    dropout: float = 0.0,
    crops: bool = False,
    rate: float = 0.03,
    seed: int = 0,
) -> Outcome:
    """Training and test error of a small network on 1,000 garments, by the preset garments-1000.

    Args:
        response_norm: whether neighbours normalise the maps of convolutions 1 and 2.
        pool: pixels a side of the squares that are pooled every 2 pixels.
        dropout: share of the hidden units silenced at each training step.
        crops: whether training images are random crops, half of them mirrored.
        rate: the learning rate.
        seed: of weights, order and crops.
    """
    model = {"model.response_norm": response_norm, "model.pool": pool, "model.dropout": dropout}
    data = {"data.augment.pad": 2 if crops else 0, "data.augment.flip": crops}
    training = Training(override(PRESETS["garments-1000"], model | data | {"optim.lr": rate, "seed": seed}))
    losses = [loss for _, loss in training.steps(training.recipe.steps)][:-1]
    found = {f"{split}_error": training.score(split)["error"] for split in ("train", "test")}
    return found | {"losses": losses}


def gap(*arms: Arm) -> Quantity:
    """Test error less training error."""
    words = f"test less training error of {listed([arm.name for arm in arms])}"
    return (TEST.of(*arms) - TRAIN.of(*arms)).called(words)


def errors(arms: Sequence[Arm], title: str) -> Callable[[Runs], Figure]:
    """What draws the training and test errors of these arms."""
    return partial(drawn, arms=arms, title=title)


def drawn(seen: Runs, arms: Sequence[Arm], title: str) -> Figure:
    """Every run's errors from zero on, an arm below the other."""
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
