"""A network whose first layer is measured in other units: whom that troubles."""

from dataclasses import replace
from math import isfinite
from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, within
from firsthand.claims.bench.training import Training
from firsthand.figures.curves import Runs, average, log_ticks
from firsthand.figures.style import BLUE, INK, MUTED, RED, subplots
from firsthand.papers.rmsprop.recipe import PRESETS
from firsthand.train.recipe import Optim, Schedule

Units = Literal["plain", "louder", "other"]
OPTIONS = {"plain": {}, "louder": {"gradient_scale": 1e4}, "other": {"weight_scale": 0.01}}
RULES = {"sgd": Optim("sgd"), "momentum": Optim("sgd", momentum=0.9), "rmsprop": Optim("rmsprop", alpha=0.9)}
RATES = {
    "sgd": (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0),
    "rmsprop": (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03),
}
FIXED = 1e-3  # RMSprop's rate


def scale_freedom(
    method: Literal["sgd", "momentum", "rmsprop"] = "rmsprop", units: Units = "plain", seed: int = 0
) -> Outcome:
    """Training loss after five passes over the digits, with the first layer measured in some units.

    "loss" is that of SGD's best rate of a grid, without or with momentum 0.9, and of RMSprop at the rate 0.001.

    Args:
        method: the rule.
        units: plain; louder: the first layer's gradient times 1e4; other: its weights stored 100 times as large.
        seed: of the first weights and the order of the images.
    """
    rates = RATES["rmsprop" if method == "rmsprop" else "sgd"]
    losses = [after_five_passes(method, units, rate, seed) for rate in rates]
    best = rates.index(FIXED) if method == "rmsprop" else losses.index(min(x for x in losses if x is not None))
    return {"loss": losses[best], "rate": rates[best], "rates": list(rates), "losses": losses}


def after_five_passes(method: str, units: Units, rate: float, seed: int) -> float | None:
    """The loss over all training images; None if it is no number any more."""
    base = PRESETS["digits"]
    model, rule = replace(base.model, **OPTIONS[units]), replace(RULES[method], lr=rate)
    training = Training(replace(base, model=model, optim=rule, schedule=Schedule(), seed=seed))
    list(training.passes(5))
    loss = training.score("train")["loss"]
    return loss if isfinite(loss) else None


LOSS = Measure("loss", "training loss after 5 passes (nats)")
METHODS = {"sgd": "SGD", "momentum": "momentum 0.9", "rmsprop": "RMSprop"}
WORDS = {"plain": "plain", "louder": "gradient x 10,000", "other": "weights x 100"}
ARMS = {
    (method, units): Arm(f"{name}, {words}", experiment=scale_freedom, overrides={"method": method, "units": units})
    for method, name in METHODS.items()
    for units, words in WORDS.items()
}
RMSPROP = {units: LOSS.of(ARMS["rmsprop", units]) for units in WORDS}
OTHERS = {units: LOSS.of(ARMS["sgd", units], ARMS["momentum", units]) for units in WORDS}


def figure(seen: Runs) -> Figure:
    """The loss against the rate, a panel for each rule, a line for each unit of the first layer."""
    figure, *panels = subplots(12, 4.1, 3, sharey=True)
    for axes, (method, name) in zip(panels, METHODS.items(), strict=True):
        for (units, words), colour, dash in zip(WORDS.items(), (INK, BLUE, RED), ("-", "--", "-"), strict=True):
            runs = seen[ARMS[method, units].name]
            losses = average(runs, "losses").clip(0, 2.6)
            axes.plot(average(runs, "rates"), losses, dash, color=colour, marker="o", ms=4, lw=1.4, label=words)
        axes.set(xscale="log", ylim=(0.04, 3.2), xlabel="rate", title=f"{name}, mean over the seeds")
        axes.axhline(np.log(10), color=MUTED, lw=0.8, ls=":")
        log_ticks(axes, (0.05, 0.1, 0.2, 0.5, 1, 2))
    panels[0].set_ylabel(LOSS.label)
    panels[0].text(1.2e-5, 1.05 * np.log(10), "a guess", color=MUTED, fontsize=8.5)
    panels[2].legend(title="first layer", loc="lower left")
    panels[2].axvline(FIXED, color=MUTED, lw=0.8, ls=":")
    return figure


CLAIM = Claim(
    key="scale-freedom",
    kind="the paper's statement",
    statement="RMSprop does not care how large the gradients of a layer are beside those of another.",
    where="slides: gradients of very different magnitudes",
    measures=(LOSS, Measure("rate", "rate", digits=4)),
    arms=tuple(ARMS.values()),
    conditions=(
        within(RMSPROP["louder"] / RMSPROP["plain"], 1, share=0.1),
        OTHERS["louder"] >= 2 * OTHERS["plain"],
        within(RMSPROP["other"] / RMSPROP["plain"], 1, share=0.1),
        OTHERS["other"] >= 1.2 * OTHERS["plain"],
    ),
    remark="784-64-64-10 on scikit-learn's digits, batches of 32. SGD's rate is the best of eleven from 1e-5 to "
    "1, searched anew for each unit; RMSprop's is 0.001. RMSprop is free of the gradient's unit. Of the "
    "weights' unit it is not: its step is the rate in whatever unit the weight has, so that weights "
    "stored 100 times as large move 100 times less. With a loud first layer SGD finds a small rate at "
    "which that layer does all the learning, over upper layers that hardly move; but at the rate that was "
    "best before, it learns nothing.",
    figure=figure,
)
