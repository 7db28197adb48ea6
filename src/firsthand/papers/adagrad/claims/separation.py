"""Rare features after a frequent one: what they cost AdaGrad, and gradient descent."""

from itertools import accumulate
from math import sqrt
from typing import Literal

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, equal, limit_from
from firsthand.figures.curves import Runs, average, path
from firsthand.figures.style import AMBER, BLUE, GREEN, RED, subplots

DIMENSION, EPSILONS = 100, (0.1, 0.05, 0.02)


def separation(
    method: Literal["AdaGrad", "OGD"] = "AdaGrad",
    epsilon: float = 0.1,
    dimension: int = 100,
    rounds: int = 200_000,
    seed: int = 0,
) -> Outcome:
    """Hinge loss that rare features cost after a frequent one has used up the learning rate.

    Every z_t is one feature, ±e_i, whose sign is the label. The first 1/epsilon^2 rounds show feature 1, until the rate
    of online gradient descent is epsilon; then the others come in random order. Weights stay in the box from -1 to 1.

    Args:
        method: AdaGrad with eta = sqrt(2), or online gradient descent with the rate 1/sqrt(t).
        epsilon: the rate of gradient descent when the first rare feature appears.
        dimension: number of features.
        rounds: of rare features.
        seed: of their order.
    """
    dice = torch.Generator().manual_seed(seed)
    first = round(epsilon**-2)
    order = [0] * first + torch.randint(1, dimension, (rounds,), generator=dice).tolist()
    losses = single(order, dimension, sqrt(2) if method == "AdaGrad" else None)
    sums = list(accumulate(losses[first:]))
    marks = sorted({int(10 ** (n / 10)) for n in range(100) if 10 ** (n / 10) < rounds} | {rounds})
    return {
        "loss": sums[-1],
        "per feature": sums[-1] / (dimension - 1),
        "first": sum(losses[:first]),
        "round": marks,
        "sum": [sums[n - 1] for n in marks],
    }


def single(order: list[int], dimension: int, eta: float | None) -> list[float]:
    """The loss [1 - x_i]_+ of each round that shows feature i alone; AdaGrad with this eta, None: the rate 1/sqrt(t).

    The sign of ±e_i is the label, and cancels. The gradient is -1 while x_i < 1.
    """
    x, squares, losses = [0.0] * dimension, [0.0] * dimension, []
    for t, i in enumerate(order, start=1):
        losses.append(max(0.0, 1 - x[i]))
        if x[i] < 1:
            squares[i] += 1
            x[i] = min(1.0, x[i] + (1 / sqrt(t) if eta is None else eta / sqrt(squares[i])))
    return losses


LOSS = Measure("loss", "hinge loss of the rare features", digits=1)


def arm(method: str, epsilon: float, printed: float) -> Arm:
    """A method after a frequent feature, with the paper's loss."""
    options = {"method": method, "epsilon": epsilon}
    return Arm(f"{method}, epsilon {epsilon:g}", experiment=separation, overrides=options, paper={"loss": printed})


ADAGRAD = [arm("AdaGrad", epsilon, DIMENSION - 1.0) for epsilon in EPSILONS]
DESCENT = [arm("OGD", epsilon, DIMENSION / (2 * epsilon)) for epsilon in EPSILONS]


def figure(seen: Runs) -> Figure:
    """The loss of the rare features, summed up, round by round; the mean over the seeds."""
    figure, axes = subplots(8, 4.4)
    for arm, colour in zip((ADAGRAD[0], *DESCENT), (BLUE, RED, GREEN, AMBER), strict=True):
        path(axes, seen[arm.name], "round", "sum", color=colour, lw=2)
        end = average(seen[arm.name], "sum")[-1]
        name = "AdaGrad, every epsilon" if arm is ADAGRAD[0] else arm.name.replace("OGD", "gradient descent")
        axes.text(2.3e5, end, f"{name}: {end:,.0f}", color=colour, va="center", fontsize=9)
        axes.axhline(arm.paper["loss"], color=colour, lw=1, ls=":")
    axes.set(xscale="log", yscale="log", xlim=(1, 1e8), xlabel="rounds with a rare feature", ylabel="hinge loss so far")
    axes.set_title("Loss of 99 rare features (dotted: the paper's number, of gradient descent its lower bound)")
    axes.set_xticks([10**n for n in range(6)])
    axes.minorticks_off()
    return figure


CLAIM = Claim(
    key="separation",
    kind="identity",
    statement="AdaGrad learns a rare feature from one look, gradient descent needs more the later it comes.",
    where="section 1.3.1",
    measures=(LOSS, Measure("per feature", "the same, per feature", digits=2)),
    arms=(*ADAGRAD, *DESCENT),
    conditions=(
        equal(LOSS.of(*ADAGRAD), DIMENSION - 1, to=1e-9).saying("d - 1, whatever epsilon"),
        *limit_from("theory", *(LOSS.of(arm) >= arm.paper["loss"] for arm in DESCENT)),
    ),
    remark="d = 100, 200,000 rounds with rare features. The paper's numbers are exact for AdaGrad and a lower bound "
    "for gradient descent, d / (2 epsilon). epsilon is the rate 1/sqrt(t) when the first of them comes, after "
    "1/epsilon^2 rounds.",
    figure=figure,
)
