"""The noise that a stored bit survives, against the gradient that it passes on."""

from math import log10

import torch
from torch import Generator

from firsthand.claims import Arm, Claim, Measure, Outcome, ordered
from firsthand.papers.vanishing.theory import attractor, multiplier, threshold


@torch.no_grad()
def survivors(w: float, noise: float, steps: int, runs: int, generator: Generator) -> float:
    """Share of neurons that start at the attractor and still have their sign after so many steps of noise."""
    x = torch.full((runs,), attractor(w))
    for _ in range(steps):
        x = torch.tanh(w * x + noise * torch.randn(runs, generator=generator))
    return (x > 0).float().mean().item()


def storing(w: float = 1.5, runs: int = 10_000, seed: int = 0) -> Outcome:
    """The noise through which a stored bit survives 100 steps in 99 % of cases, and what a gradient keeps in 20.

    Args:
        w: weight of the neuron to itself.
        runs: neurons that start at the attractor.
        seed: of the noise.
    """
    low, high = 0.0, 4.0
    for _ in range(14):  # the same noise every time, larger or smaller
        noise = (low + high) / 2
        alive = survivors(w, noise, 100, runs, Generator().manual_seed(seed))
        low, high = (noise, high) if alive >= 0.99 else (low, noise)
    return {"noise": low, "gradient": 20 * log10(multiplier(w)), "threshold": threshold(w), "attractor": attractor(w)}


NOISE = Measure("noise", "noise survived for 100 steps (99 %)")
THRESHOLD = Measure("threshold", "h*, bounded noise survived for ever")
GRADIENT = Measure("gradient", "log10 of the gradient left after 20 steps", digits=1)
ARMS = [Arm(f"w = {w:g}", experiment=storing, overrides={"w": w}) for w in (1.05, 1.25, 1.5, 2.0, 3.0)]


CLAIM = Claim(
    key="dilemma",
    kind="the paper's statement",
    statement="The weight that keeps a bit through more noise passes on less of the gradient.",
    where="1994: storing robustly against learning",
    measures=(NOISE, THRESHOLD, GRADIENT),
    arms=tuple(ARMS),
    conditions=(
        ordered(*(NOISE.of(arm) for arm in ARMS)),
        ordered(*(GRADIENT.of(arm) for arm in reversed(ARMS))),
    ),
    remark="Gaussian noise, its standard deviation found by bisection over 10,000 neurons that start at the "
    "attractor; the gradient is mu^20, by the closed form that the claim `decay` checks.",
)
