"""Sixteen layers from random weights, from the layers of A, and from the weights of Glorot and of He."""

from math import log
from typing import Literal

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.figures.curves import Runs, arms, level
from firsthand.figures.style import subplots
from firsthand.papers.vgg.small import EVERY, SIZE, trained, training
from firsthand.papers.vgg.start import begin_with


def first_weights(
    init: Literal["normal", "glorot", "he"] = "normal",
    std: float = 0.1,
    network: str = "D",
    layers_of_a: bool = False,
    steps: int = 200,
    seed: int = 0,
) -> Outcome:
    """Whether a network starts to learn: its training loss over the last 50 steps.

    Args:
        init: first weights.
        std: normal: their standard deviation.
        network: configuration whose depth it has.
        layers_of_a: whether it begins with layers of A, trained for as many steps from the same kind of weights.
        steps: of SGD, for each network.
        seed: of weights, order and dropout.
    """
    run = training(network, seed, 6400, init=init, std=std)
    if layers_of_a:
        shallow = training("A", seed, 6400, init=init, std=std)
        trained(shallow, steps)
        begin_with(run.network, shallow.network)
    losses = trained(run, steps)
    return {"train_loss": sum(losses[-2:]) / 2, "losses": losses}


LOSS = Measure("train_loss", "training loss of the last 50 steps (nats)")
ARMS = SMALLER, PRINTED, SHALLOW, BEGUN, GLOROT, HE = (
    Arm("D, deviation 0.01", experiment=first_weights, overrides={"std": 0.01}),
    Arm("D, deviation 0.1", experiment=first_weights),
    Arm("A, deviation 0.1", experiment=first_weights, overrides={"network": "A"}),
    Arm("D, deviation 0.1, layers of A", experiment=first_weights, overrides={"layers_of_a": True}),
    Arm("D, Glorot", experiment=first_weights, overrides={"init": "glorot"}),
    Arm("D, He", experiment=first_weights, overrides={"init": "he"}),
)


def figure(seen: Runs) -> Figure:
    """Training loss, a line a seed."""
    figure, axes = subplots(8.6, 4.2)
    arms(axes, seen, "losses", every=EVERY)
    level(axes, log(10), "a guess, ln 10", end=0.98)
    axes.set(xlabel="step", ylabel="training loss (nats)", ylim=(0.4, 2.7), xlim=(0, None),
             title="Small networks with the depths of A and D, by their first weights")  # fmt: skip
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8.5)
    return figure


CLAIM = Claim(
    key="first-weights",
    kind="the paper's statement",
    statement="From random normal weights a deep network does not start; from the layers of A, or Glorot's weights, it "
    "does.",
    where="sec. 3.1; He's weights came a year later",
    measures=(LOSS,),
    arms=ARMS,
    conditions=limit_from(
        "pilot",
        (LOSS.of(PRINTED, SMALLER) > 2.2).saying("near a guess, 2.303"),
        (LOSS.of(BEGUN) < 1.5).saying("it starts with the layers of A"),
        (LOSS.of(SHALLOW) < 1.5).saying("as A itself does"),
        (LOSS.of(HE) < 1.5).saying("and with He's weights"),
        (LOSS.of(GLOROT) < 1.5).saying("and with Glorot's"),
    ),
    remark=f"{SIZE} 6,400 garments, 200 steps. The paper's text gives a variance of 10^-2, a deviation of 0.1; a "
    "deviation of 0.01 is common practice. Signals through a layer are multiplied by the deviation times the root of "
    "half the inputs of a unit, of which our narrow layers have an eighth: what a deviation does to a network depends "
    "on its width, and at full width 0.1 makes signals large instead of small. In the pilot run Glorot's weights, "
    "which halve the variance in every rectifier layer, left the guess only after these 200 steps: in sixteen layers "
    "that is a factor of 2^-8, and more steps would settle whether they start. The pilot, of one seed, misled us: "
    "there a deviation of 0.1 had not left the guess after 250 steps, here it does with one seed of three. Deviations "
    "of 0.05 and 0.07, and larger batches, were looked at in it, too.",
    figure=figure,
)
