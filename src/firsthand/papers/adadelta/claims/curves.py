"""Figure 1: test error pass by pass, every rule at its best setting."""

from dataclasses import replace
from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.claims.bench.training import Training
from firsthand.figures.curves import Runs, lines, log_ticks, series
from firsthand.figures.style import COLOURS, INK, subplots
from firsthand.papers.adadelta.recipe import PRESETS
from firsthand.train.recipe import Optim

PAPER = PRESETS["paper"]
# The best cells of tables 1 and 2; of SGD the second best, which figure 1 shows.
BEST = {
    "SGD": Optim("sgd", lr=0.1),
    "momentum": Optim("sgd", lr=0.1, momentum=0.9),
    "AdaGrad": Optim("adagrad", lr=0.01),
    "Adadelta": PAPER.optim,
}


def curves(
    rule: Literal["SGD", "momentum", "AdaGrad", "Adadelta"] = "Adadelta", epochs: int = 10, seed: int = 0
) -> Outcome:
    """Test error in % after every pass over MNIST's 60,000 training images, at the rule's best setting.

    Args:
        rule: how the network learns.
        epochs: passes; the paper has 50.
        seed: of first weights and the order of the images.
    """
    training = Training(replace(PAPER, optim=BEST[rule], seed=seed))
    found = [100 * training.score("test")["error"] for _ in training.passes(epochs)]
    return {f"epoch {n}": found[n - 1] for n in (1, 6, 10, 20, 50) if n <= epochs} | {"error": found}


PASSES = (1, 6, 10)
FIRST, SIXTH, TENTH = (Measure(f"epoch {n}", f"test error after epoch {n} (%)", digits=2) for n in PASSES)


def arm(rule: str, *printed: float) -> Arm:
    """A rule, with what figure 1 shows after 1, 6 and 10 of its 50 passes, read off its curves."""
    paper = dict(zip((FIRST.name, SIXTH.name, TENTH.name), printed, strict=True))
    return Arm(rule, experiment=curves, overrides={"rule": rule}, paper=paper)


SGD = arm("SGD", 5.94, 2.51, 2.06)
MOMENTUM = arm("momentum", 3.75, 2.03, 1.68)
ADAGRAD = arm("AdaGrad", 3.11, 1.79, 1.67)
ADADELTA = arm("Adadelta", 3.46, 1.83, 1.71)
ARMS = (SGD, MOMENTUM, ADAGRAD, ADADELTA)


def figure(seen: Runs) -> Figure:
    """Every seed thin, the mean thick, the paper's readings as diamonds."""
    figure, axes = subplots(8, 4.4)
    for colour, arm in zip(COLOURS, ARMS, strict=False):
        errors = series(seen[arm.name], "error")
        lines(axes, errors, colour, "", lw=0.7, alpha=0.4)
        lines(axes, [np.mean(errors, 0)], colour, arm.name, lw=2)
        axes.plot(PASSES, list(arm.paper.values()), "D", color=colour, mfc="none", mew=1.5, ms=6)
    axes.plot([], [], "D", color=INK, mfc="none", mew=1.5, ms=6, label="the paper's figure 1")
    axes.set(xlabel="passes over the 60,000 images", ylabel="test error (%)")
    log_ticks(axes, (1.5, 2, 3, 4, 6, 8))
    axes.set_title("Test error of four rules, each at its best setting; three seeds thin, their mean thick")
    axes.legend()
    return figure


CLAIM = Claim(
    key="curves",
    kind="the paper's statement",
    statement="Adadelta matches the fast start of AdaGrad and stays near the best.",
    where="section 4.1 and figure 1, read off its curves; the first 10 of 50 passes",
    measures=(FIRST, SIXTH, TENTH),
    arms=ARMS,
    conditions=(
        abs(SIXTH.of(ADADELTA) - SIXTH.of(ADAGRAD)) <= 0.2,
        FIRST.of(ADAGRAD, ADADELTA) <= FIRST.of(SGD) - 1,
        TENTH.of(ADADELTA) <= TENTH.of(SGD, MOMENTUM, ADAGRAD) + 0.2,
        TENTH.of(SGD) > TENTH.of(MOMENTUM, ADAGRAD, ADADELTA),
    ),
    remark="After six passes Adadelta is 0.20 and 0.27 points ahead of AdaGrad with two seeds and 0.39 behind with "
    "the third: on average they are 0.03 apart, but a single run's error moves more than the 0.2 points allowed. More "
    "seeds would settle it. Where the curves end is not tested: at 50 passes the paper's stand at 1.60 % for AdaGrad, "
    "1.50 for Adadelta and 1.41 for momentum (`firsthand experiment adadelta curves --epochs 50`). SGD runs at 0.1: "
    "the text says that figure 1 shows each column's best setting, which is 1.0, but its curve passes through the "
    "cell of 0.1.",
    figure=figure,
)
