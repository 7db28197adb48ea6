"""Thirty rectifier layers from He's and from Xavier's first weights."""

from math import log
from typing import Literal

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, within
from firsthand.figures.curves import Runs, arms, level
from firsthand.figures.style import subplots
from firsthand.papers.regularization import examples
from firsthand.papers.regularization.training import FIVE, drawn, fit, score

EVERY = 50  # steps to a number of the curve


def thirty_layers(init: Literal["he", "glorot"] = "he", layers: int = 30, steps: int = 1000, seed: int = 0) -> Outcome:
    """Whether a deep rectifier network without normalisation starts to learn MNIST.

    Args:
        init: first weights.
        layers: hidden layers of 100 rectifiers.
        steps: steps of SGD with momentum 0.9, rate 0.01 and batches of 64.
        seed: of images, weights and order.
    """
    sets = examples.mnist(10_000, 1000, 0.0, seed)
    network = drawn(seed, hidden=(100,) * layers, activation="relu", init=init)
    losses = fit(network, sets.train, steps, 64, seed, lr=0.01, momentum=0.9)
    curve = [sum(losses[i : i + EVERY]) / EVERY for i in range(0, steps, EVERY)]
    error, places = score(network, sets.test)[1], list(range(EVERY, steps + 1, EVERY))
    return {"train_loss": curve[-1], "test_error": error, "steps": places, "losses": curve}


LOSS = Measure("train_loss", "training loss at the end (nats)")
HE = Arm("He", experiment=thirty_layers)
XAVIER = Arm("Xavier", experiment=thirty_layers, overrides={"init": "glorot"})


def figure(seen: Runs) -> Figure:
    """Training loss, a line a seed."""
    figure, axes = subplots(7.4, 4)
    arms(axes, seen, "losses", "steps")
    level(axes, log(10), "a guess, ln 10", end=0.14)
    axes.set(xlabel="step", ylabel="training loss (nats)", ylim=(0, 2.6), title="30 layers of 100 rectifiers on MNIST")
    axes.legend(loc="lower left")
    return figure


CLAIM = Claim(
    key="thirty-layers",
    kind="the paper's statement",
    statement="A rectifier network of 30 layers learns from He's first weights and stalls with Xavier's.",
    where="H15 sec. 2.2, Fig. 3",
    measures=(LOSS, Measure("test_error", "test error (%)", digits=1)),
    arms=(HE, XAVIER),
    conditions=(
        within(LOSS.of(XAVIER), log(10), by=0.05).saying("it stays at a guess, ln 10"),
        LOSS.of(HE) < 1.5,
        LOSS.of(HE) < LOSS.of(XAVIER),
    ),
    seeds=FIVE,
    remark="30 fully-connected layers of 100 and 1,000 steps on MNIST; the paper trained a 30-layer convolutional "
    "network on ImageNet for days, which is why its errors have no place in the table. Xavier's factor of 1/2 a layer "
    "is a plateau here, not a wall: with some seeds the network leaves it within these steps, late. He's weights start "
    "earlier with every seed. Rounding changes how such a run ends: when the same seeds were first measured, all of "
    "He's losses were below 1.5, and two of Xavier's runs off the plateau. The paper's own network, or more layers, "
    "would settle whether anything leaves it there.",
    figure=figure,
)
