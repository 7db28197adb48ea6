"""Signal under noise: how far Adam gets a step."""

from functools import partial
from itertools import islice, pairwise
from math import sqrt

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.claims import Arm, Claim, Measure, Outcome, ordered
from firsthand.claims.bench.descent import visited
from firsthand.figures.curves import Runs, average, path
from firsthand.figures.style import AMBER, BLUE, MUTED, RED, subplots
from firsthand.optim import Adam

RATIOS = tuple(10 ** (power / 4) for power in range(-8, 7))  # signal over noise, 0.01 to 32


def noise(beta1: float = 0.9, beta2: float = 0.999, steps: int = 6000, seed: int = 0) -> Outcome:
    """How far Adam gets a step, in units of alpha, when the gradient is a signal under noise of standard deviation 1.

    Args:
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        steps: how many; the second half is measured.
        seed: of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    signal = torch.tensor(RATIOS, dtype=torch.float64)

    def gradient(step: int, place: Tensor) -> Tensor:
        return signal + torch.randn(place.shape, generator=generator, dtype=torch.float64)

    rule = partial(Adam, lr=1.0, betas=(beta1, beta2))
    walk = visited(rule, torch.zeros(100, len(RATIOS)), gradient, steps)  # a hundred weights for each signal
    path = list(islice(walk, steps // 2, None))
    travel = ((path[0] - path[-1]).mean(0) / (len(path) - 1)).tolist()
    squares = sum((after - before).square().mean(0) for before, after in pairwise(path))
    lengths = (squares / (len(path) - 1)).sqrt().tolist()
    expected = [s / sqrt(1 + s * s) for s in RATIOS]
    at = {round(ratio, 3): place for place, ratio in enumerate(RATIOS)}
    return {
        "travel at 0.1": travel[at[0.1]],
        "travel at 1": travel[at[1.0]],
        "travel at 10": travel[at[10.0]],
        "length at 0.1": lengths[at[0.1]],
        "gap": max(abs(t - e) for t, e in zip(travel, expected, strict=True)),
        "ratios": list(RATIOS),
        "travel": travel,
        "lengths": lengths,
    }


TRAVEL = [Measure(f"travel at {signal}", f"travel, signal {signal}") for signal in (0.1, 1, 10)]
LENGTH = Measure("length at 0.1", "step length, signal 0.1")
GAP = Measure("gap", "largest gap to s / sqrt(1 + s^2)", digits=4)
ADAM = Arm("beta1 = 0.9", experiment=noise)
NO_MOMENTUM = Arm("beta1 = 0", experiment=noise, overrides={"beta1": 0.0})


def figure(seen: Runs) -> Figure:
    """Travel and length of the steps against the ratio of signal and noise; means over the seeds."""
    figure, axes = subplots(8, 4.2)
    ratios = average(seen[ADAM.name], "ratios")
    axes.plot(ratios, ratios / np.sqrt(1 + ratios**2), color=MUTED, lw=5, alpha=0.5, label="s / √(1 + s²)")
    path(axes, seen[ADAM.name], "ratios", "travel", "o", color=BLUE, label="travel a step")
    for arm, colour in ((ADAM, RED), (NO_MOMENTUM, AMBER)):
        words = f"length of a step, {arm.name.replace('beta1', 'β₁')}"
        path(axes, seen[arm.name], "ratios", "lengths", "--", color=colour, lw=1.8, label=words)
    axes.set(xscale="log", ylim=(0, 1.08), xlabel="signal s / noise of the gradient", ylabel="in units of α",
             title="Travel and length of Adam's steps under noise")  # fmt: skip
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.92))
    return figure


CLAIM = Claim(
    key="noise",
    kind="the paper's statement",
    statement="The smaller the signal beside the noise of the gradient, the closer to zero the step.",
    where="sec. 2.1",
    measures=(*TRAVEL, LENGTH, GAP),
    arms=(ADAM, NO_MOMENTUM),
    conditions=(
        ordered(*(measure.of(ADAM) for measure in TRAVEL)),
        (GAP.of(ADAM) < 0.01).saying("for signals from 0.01 to 32"),
        (LENGTH.of(ADAM) < 0.3).saying("the steps themselves shrink, too"),
    ),
    remark="Travel is the mean of all steps, length the root of their mean square, both in units of alpha; the "
    "noise has standard deviation 1. Length does not go to zero with the signal but to the root of "
    "(1 - beta1) / (1 + beta1), 0.23: what the mean of ten noisy gradients leaves. With beta1 = 0 it stays at 1.",
    figure=figure,
)
