"""Signal under noise: how far Adam gets a step."""

from math import sqrt

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, ordered
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import AMBER, BLUE, MUTED, RED
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
    places = torch.zeros(100, len(RATIOS), dtype=torch.float64).requires_grad_()
    rule = Adam([places], lr=1.0, betas=(beta1, beta2))
    squares = torch.zeros_like(signal)
    for t in range(steps):
        if t == steps // 2:
            start = places.detach().clone()
        before = places.detach().clone()
        places.grad = signal + torch.randn(places.shape, generator=generator, dtype=torch.float64)
        rule.step()
        if t >= steps // 2:
            squares += (places.detach() - before).square().mean(0)
    count = steps - steps // 2
    travel = ((start - places.detach()).mean(0) / count).tolist()
    lengths = (squares / count).sqrt().tolist()
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
    figure = Figure(figsize=(8, 4.2))
    axes = figure.subplots()
    ratios = series(seen[ADAM.name], "ratios")[0]
    axes.plot(ratios, ratios / np.sqrt(1 + ratios**2), color=MUTED, lw=5, alpha=0.5, label="s / √(1 + s²)")
    axes.plot(ratios, np.mean(series(seen[ADAM.name], "travel"), 0), "o", color=BLUE, label="travel a step")
    for arm, colour in ((ADAM, RED), (NO_MOMENTUM, AMBER)):
        words = f"length of a step, {arm.name.replace('beta1', 'β₁')}"
        axes.plot(ratios, np.mean(series(seen[arm.name], "lengths"), 0), "--", color=colour, lw=1.8, label=words)
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
