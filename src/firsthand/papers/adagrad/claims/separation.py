"""Rare features after a frequent one: what they cost AdaGrad, and gradient descent."""

from math import sqrt
from typing import Literal

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, equal, limit_from
from firsthand.figures.curves import Runs, metric, series
from firsthand.figures.style import AMBER, BLUE, GREEN, RED

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
    rare, total = losses[first:], 0.0
    marks = {int(10 ** (n / 10)) for n in range(100)} | {rounds}
    found: dict[str, list[float]] = {"round": [], "sum": []}
    for number, loss in enumerate(rare, start=1):
        total += loss
        if number in marks:
            found["round"].append(number)
            found["sum"].append(total)
    return {"loss": total, "per feature": total / (dimension - 1), "first": sum(losses[:first])} | found


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
ADAGRAD, DESCENT = (
    [
        Arm(
            f"{method}, epsilon {epsilon:g}",
            experiment=separation,
            overrides={"method": method, "epsilon": epsilon},
            paper={"loss": DIMENSION - 1.0 if method == "AdaGrad" else DIMENSION / (2 * epsilon)},
        )
        for epsilon in EPSILONS
    ]
    for method in ("AdaGrad", "OGD")
)


def figure(seen: Runs) -> Figure:
    """The loss of the rare features, summed up, round by round; the mean over the seeds."""
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    for arm, colour in zip((ADAGRAD[0], *DESCENT), (BLUE, RED, GREEN, AMBER), strict=True):
        runs = seen[arm.name]
        axes.plot(series(runs, "round")[0], np.mean(series(runs, "sum"), 0), color=colour, lw=2)
        end = np.mean(metric(runs, "loss"))
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
