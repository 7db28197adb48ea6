"""Errors on MNIST's digits: what the claims measure, the network that most of them look at, and their figure."""

from collections.abc import Callable, Sequence
from functools import partial

from matplotlib.figure import Figure

from firsthand.claims import Arm, Condition, Measure, limit_from
from firsthand.figures.curves import Runs, metric
from firsthand.figures.style import BLUE, GREEN, INK, subplots

TEST = Measure("test_error", "test error (%)", scale=100.0, digits=2)
TRAIN = Measure("train_error", "training error (%)", scale=100.0, digits=2)
PARAMS = Measure("params", "weights", digits=0)
UNCERTAINTY = 0.1  # points of test error, as the paper quotes it
QUIET = {"diagnose_every": None}
LENET = Arm("LeNet-5", "laptop", QUIET, {"test_error": 0.95, "train_error": 0.35})


def as_printed(arm: Arm) -> tuple[Condition, ...]:
    """The arm's test error is at most the printed number and its uncertainty."""
    condition = TEST.of(arm) <= arm.paper[TEST.name] + UNCERTAINTY
    return limit_from("paper", condition.saying("the printed number and its uncertainty"))


def errors(arms: Sequence[Arm], measures: Sequence[Measure], title: str) -> Callable[[Runs], Figure]:
    """What draws these arms' errors."""
    return partial(drawn, arms=arms, measures=measures, title=title)


def drawn(seen: Runs, arms: Sequence[Arm], measures: Sequence[Measure], title: str) -> Figure:
    """Every run's errors from zero on, an arm below the other, and the paper's with their uncertainty."""
    figure, axes = subplots(8.4, 1.5 + 0.7 * len(arms))
    for place, arm in enumerate(arms):
        for number, (measure, colour) in enumerate(zip(measures, (BLUE, GREEN), strict=False)):
            height = place + 0.26 * (number - (len(measures) - 1) / 2)
            found = [measure.scale * value for value in metric(seen[arm.name], measure.name)]
            label = None if place else measure.label
            axes.plot(found, [height] * len(found), "o", color=colour, alpha=0.6, label=label)
            if printed := arm.paper.get(measure.name):
                axes.errorbar(printed, height, xerr=UNCERTAINTY if measure is TEST else None, fmt="D", color=INK,
                              mfc="white", ms=6, lw=1, capsize=3)  # fmt: skip
    if any(arm.paper for arm in arms):
        axes.plot([], [], "D", color=INK, mfc="white", ms=6, label=f"the paper's, ± {UNCERTAINTY:g} in testing")
    axes.set_yticks(range(len(arms)), [arm.name for arm in arms])
    axes.set(ylim=(len(arms) - 0.4, -0.6), xlabel="error (%)", title=title)
    axes.set_xlim(0, 1.12 * axes.get_xlim()[1])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8.5)
    return figure
