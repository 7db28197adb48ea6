"""How near the minimum of a bowl RMSprop comes."""

from dataclasses import replace
from functools import partial
from math import sqrt

import numpy as np
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome, each, limit_from, within
from firsthand.figures.curves import Runs, average, path
from firsthand.figures.style import COLOURS, MUTED, subplots
from firsthand.optim.surfaces import SURFACES, walk


def floor(lr: float = 0.01, decay: bool = False, steps: int = 20_000, seed: int = 0) -> Outcome:
    """How far from the minimum of (x^2 + 100 y^2) / 2 RMSprop hovers in the end, from (1, 1), with alpha 0.9.

    Args:
        lr: the rate.
        decay: divide it by the root of the step's number.
        steps: of the walk.
        seed: not used, nothing is random.
    """
    bowl = replace(SURFACES["valley"], start=(1.0, 1.0), arrived=lambda x, y: False)
    path, _ = walk(bowl, partial(optim.RMSprop, alpha=0.9), lr, steps, (lambda t: 1 / sqrt(t + 1)) if decay else None)
    x, y = path[-1]
    last = lr / sqrt(steps) if decay else lr
    shown = sorted({round(10 ** (k / 60)) for k in range(60 * 5)} & set(range(steps + 1)))
    return {
        "x": abs(x) / last,
        "y": abs(y) / last,
        "value": bowl.value(x, y),
        "step": shown,
        "size": [max(abs(path[t][0]), abs(path[t - 1][0])) for t in shown],
        "tail": [x / last for x, _ in path[-16:]],
    }


X = Measure("x", "distance along x (last rates)", digits=4)
Y = Measure("y", "distance along y (last rates)", digits=4)
CONSTANT = [Arm(f"rate {lr:g}", experiment=floor, overrides={"lr": lr}) for lr in (0.01, 0.001, 0.0001)]
FALLING = Arm("rate 0.1 / sqrt(t)", experiment=floor, overrides={"lr": 0.1, "decay": True})


def figure(seen: Runs) -> Figure:
    """How near the minimum each rate comes, and the zig-zag at the end."""
    figure, left, right = subplots(11, 4.1, 2, width_ratios=(1.5, 1))
    for colour, arm in zip(COLOURS, (*CONSTANT, FALLING), strict=False):
        path(left, seen[arm.name], "step", "size", color=colour, lw=1.4, label=arm.name)
        steps = average(seen[arm.name], "step")
        rates = arm.overrides["lr"] / (np.sqrt(steps) if arm is FALLING else np.ones_like(steps))
        left.plot(steps, rates / 2, color=colour, lw=0.8, ls=":")
        if arm is not FALLING:
            right.plot(range(1, 17), average(seen[arm.name], "tail"), ".-", color=colour, lw=1)
    left.set(xscale="log", yscale="log", xlabel="step", ylabel="larger of |x| now and a step ago",
             title="Distance from the minimum; half a rate dotted", xlim=(1, 3e4), ylim=(1e-5, 3))  # fmt: skip
    left.legend(loc="lower left")
    for height in (-0.5, 0.5):
        right.axhline(height, color=MUTED, lw=0.8, ls=":")
    right.set(xlabel="the last 16 steps", ylabel="x / rate", ylim=(-0.8, 0.8), title="The end, at constant rates")
    return figure


CLAIM = Claim(
    key="floor",
    kind="identity",
    statement="At a constant rate RMSprop never arrives: it ends half a rate off, along every axis.",
    where="follows from the equation: while gradients keep their size, a step is one rate",
    measures=(X, Y, Measure("value", "value of the bowl", digits=9)),
    arms=(*CONSTANT, FALLING),
    conditions=limit_from(
        "theory",
        within(each(X.of(*CONSTANT), Y.of(*CONSTANT)), 0.5, share=0.01),
        within(each(X.of(FALLING), Y.of(FALLING)), 0.5, share=0.05),
    ),
    seeds=(0,),
    remark="Nothing is random, so one seed. The bowl is (x^2 + 100 y^2) / 2: the curvature along y is a hundred "
    "times that along x, and both end equally far away. 20,000 steps from (1, 1), alpha 0.9.",
    figure=figure,
)
