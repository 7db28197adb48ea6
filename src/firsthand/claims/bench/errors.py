"""Training and test errors of every run, an arm below the other: what comparisons of networks have in common."""

from collections.abc import Callable, Sequence
from functools import partial

from matplotlib.figure import Figure

from firsthand.claims.claim import Arm, Measure
from firsthand.figures.curves import Runs, metric
from firsthand.figures.dots import dots, rows
from firsthand.figures.style import BLUE, GREEN, subplots

TEST = Measure("test_error", "test error (%)", scale=100.0, digits=2)
TRAIN = Measure("train_error", "training error (%)", scale=100.0, digits=2)


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
