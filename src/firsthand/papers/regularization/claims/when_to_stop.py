"""Prechelt's 14 criteria on the same curves: when they stop, and how good the weights are that they return."""

from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, on_average, within
from firsthand.figures.curves import Runs, metric, series
from firsthand.figures.style import BLUE, COLOURS, INK, MUTED
from firsthand.papers.regularization import criteria, examples
from firsthand.papers.regularization.training import FIVE, drawn, fit, score

CLASSES = {kind: [f"{kind} {limit:g}" for limit in limits] for kind, limits in criteria.CRITERIA.items()}
SPEEDS = {speed: [names[place] for names in CLASSES.values()] for speed, place in (("fast", 0), ("slow", -1))}


def when_to_stop(
    curve: Literal["smooth", "rough"] = "smooth", nets: int = 2, epochs: int = 150, seed: int = 0
) -> Outcome:
    """Where Prechelt's 14 criteria stop on the same curves, and the test error of the weights that they return.

    Args:
        curve: of the validation loss; smooth: 1,000 images and rate 0.03; rough: 100 images and rate 0.1.
        nets: networks 784-128-10 trained, each on its own 1,000 MNIST images, a fifth of the labels replaced.
        epochs: passes over the training images in batches of 50.
        seed: of images, wrong labels, weights and order.
    """
    held, lr = (1000, 0.03) if curve == "smooth" else (100, 0.1)
    networks, shown = [], {}
    for draw in range(1000 * seed, 1000 * seed + nets):
        sets = examples.mnist(1000, held, 0.2, draw, standard=False)
        network = drawn(draw, hidden=(128,), activation="relu", init="he")
        rows = []
        for epoch in range(epochs):
            losses = fit(network, sets.train, 20, 50, 1000 * draw + epoch, lr)
            rows.append((sum(losses) / len(losses), score(network, sets.val)[0], score(network, sets.test)[1]))
        train, val, test = (list(column) for column in zip(*rows, strict=True))
        shown = shown or {"train": train, "val": val, "test": test}
        found = {"last": test[-1], "best epoch": criteria.best(val), "never": 0.0}
        for kind, limits in criteria.CRITERIA.items():
            for limit, name in zip(limits, CLASSES[kind], strict=True):
                end = criteria.stop(kind, limit, train, val) or epochs
                found |= {f"{name} stop": end, f"{name} error": test[criteria.best(val, end) - 1]}
                found["never"] += 100 * (end == epochs)
        networks.append(found)
    sums = {name: sum(one[name] for one in networks) for name in networks[0]}
    means = {name: total / nets for name, total in sums.items()}
    means["never"] = sums["never"] / (nets * sum(map(len, CLASSES.values())))
    for speed, names in SPEEDS.items():
        for what in ("stop", "error"):
            means[f"{speed} {what}"] = sum(means[f"{name} {what}"] for name in names) / len(names)
    gain, factor = 100 * (1 - means["slow error"] / means["fast error"]), means["slow stop"] / means["fast stop"]
    return means | {"gain": gain, "factor": factor} | shown


STOPS = FAST_STOP, SLOW_STOP = tuple(
    Measure(f"{speed} stop", f"{', '.join(names)}: stop (epochs)", digits=1) for speed, names in SPEEDS.items()
)
ERRORS = tuple(Measure(f"{speed} error", f"{speed} criteria: test error (%)", digits=2) for speed in SPEEDS)
GAIN = Measure("gain", "slow ones better by (%)", digits=1)
FACTOR = Measure("factor", "slow ones longer by (x)", digits=1)
LAST = Measure("last", "never stopping, last weights: test error (%)", digits=2)
NEVER = Measure("never", "criteria that never fired (%)", digits=0)
ARMS = tuple(Arm(f"{name} curve", experiment=when_to_stop, overrides={"curve": name}) for name in ("smooth", "rough"))
PRINTED = 4  # in the abstract: per cent better, and times as long


def figure(seen: Runs) -> Figure:
    """One network's losses, and each criterion's mean stop with the test error of the weights that it returns."""
    figure = Figure(figsize=(11, 6.6))
    for (left, right), (name, runs) in zip(figure.subplots(len(seen), 2, sharex="col"), seen.items(), strict=True):
        train, val = (series(runs, what)[0] for what in ("train", "val"))
        epochs = range(1, len(val) + 1)
        left.plot(epochs, train, color=MUTED, label="training, with wrong labels")
        left.plot(epochs, val, color=BLUE, label="validation")
        left.plot(criteria.best(val), val.min(), "*", color=INK, ms=10, label="lowest")
        left.set(ylabel="loss (nats)", ylim=(0, 2.5), title=f"{name}: losses of one network")
        for colour, (kind, names) in zip(COLOURS[1:], CLASSES.items(), strict=False):
            stops, errors = ([np.mean(metric(runs, f"{one} {what}")) for one in names] for what in ("stop", "error"))
            right.plot(stops, errors, "o-", color=colour, ms=5, label=f"{kind}, {names[0][3:]} to {names[-1][3:]}")
        right.axhline(np.mean(metric(runs, "last")), color=INK, ls="--", label="last weights")
        right.set(ylabel="test error (%)", ylim=(15, 25), title=f"{name}: weights returned, means")
    left.set_xlabel("epoch")
    right.set(xlabel="epoch at which the criterion stops", xlim=(0, 1.04 * len(val)))
    for axes in figure.axes[:2]:
        axes.legend(fontsize=8, loc="upper left", ncols=2)
    return figure


CLAIM = Claim(
    key="when-to-stop",
    kind="the paper's statement",
    statement="Slower stopping criteria generalise about 4 % better, but take about 4 times as long.",
    where="P98 abstract and sec. 4",
    measures=(*STOPS, *ERRORS, GAIN, FACTOR, LAST, NEVER),
    arms=ARMS,
    conditions=(
        on_average(GAIN.of(*ARMS) >= PRINTED / 2).saying("half of what the paper prints, or more"),
        within(FACTOR.of(*ARMS), PRINTED, factor=2, whose="the paper's "),
        SLOW_STOP.of(*ARMS) > FAST_STOP.of(*ARMS),
        *(error.of(*ARMS) < LAST.of(*ARMS) for error in ERRORS),
    ),
    seeds=FIVE,
    remark="All 14 criteria on the same curves: two networks 784-128-10 a seed, 1,000 MNIST images, a fifth of the "
    "labels replaced, plain SGD, 150 epochs, at which a criterion that never fires is counted: that cuts the slow ones "
    "short, and so the factor. With wrong labels the test error is lowest long before the validation loss, so that "
    "waiting for the latter costs quality. The paper averages over 1,296 runs of Rprop on 12 problems, which would "
    "settle it; the limits of its criteria are as quoted elsewhere. The first two conditions look for half of its "
    "numbers, which limit is ours.",
    figure=figure,
)
