"""The longest step: the first gradient after a long time without any."""

from functools import partial
from itertools import pairwise
from math import sqrt

import torch
from matplotlib.figure import Figure

from firsthand.claims import Claim, Measure, Outcome, each, equal, limit_from
from firsthand.claims.bench.descent import visited
from firsthand.figures.curves import Runs, log_ticks, series
from firsthand.figures.style import COLOURS, INK, beside, subplots
from firsthand.papers.adam.uncorrected import arms, rule


def rare(
    beta1: float = 0.9, beta2: float = 0.999, corrected: bool = True, longest: int = 20_000, seed: int = 0
) -> Outcome:
    """How long the step is, in units of alpha, for the first gradient after a number of steps without any.

    Args:
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        corrected: Adam as published; else the rule without its bias correction.
        longest: the most steps without a gradient.
        seed: nothing is random.
    """
    waits = sorted({0, longest} | {round(longest ** (i / 80)) for i in range(80)})
    turns = torch.tensor(waits)  # of one weight for each wait
    adam = partial(rule(corrected), lr=1.0, betas=(beta1, beta2), eps=1e-30)
    walk = visited(adam, torch.zeros(len(waits)), lambda t, place: (turns == t).double(), longest + 1)
    steps = torch.zeros(len(waits), dtype=torch.float64)
    for t, (before, after) in enumerate(pairwise(walk)):
        steps = torch.where(turns == t, (after - before).abs(), steps)
    return {"first": steps[0].item(), "largest": steps.max().item(), "waits": waits, "steps": steps.tolist()}


def bound(beta1: float, beta2: float) -> float:
    """The longest step in units of alpha, sec. 2.1."""
    return max(1.0, (1 - beta1) / sqrt(1 - beta2))


FIRST, LARGEST = Measure("first", "first step (alpha)"), Measure("largest", "longest step (alpha)")
BETAS = ((0.9, 0.999), (0.9, 0.99), (0.0, 0.999))
WITH, WITHOUT = (arms(rare, BETAS, corrected) for corrected in (True, False))


def figure(seen: Runs) -> Figure:
    """Length of the first step after a wait, with and without the correction, and the bound."""
    figure, axes = subplots(8, 4.4)
    ends = []
    for colour, betas in zip(COLOURS, BETAS, strict=False):
        for found, style in ((WITH, "-"), (WITHOUT, "--")):
            waits, steps = (series(seen[found[betas].name], name)[0] for name in ("waits", "steps"))
            axes.plot(waits + 1, steps, style, color=colour, lw=1.8)
        ends.append(("β = ({:g}, {:g}): {:.3g} α".format(*betas, bound(*betas)), bound(*betas), colour))
    axes.plot([], [], "-", color=INK, label="Adam")
    axes.plot([], [], "--", color=INK, label="without bias correction")
    axes.set(xscale="log", xlabel="step at which the first gradient comes", ylabel="step length / α")
    axes.set(xlim=(0.8, 6e5), ylim=(0.34, 45), title="Length of the step at the first gradient, and the bound")
    log_ticks(axes, (0.5, 1, 3, 10, 30))
    beside(axes, 1.2 * waits[-1], ends, 1)
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.9))
    return figure


to_bound = each(*(LARGEST.of(WITH[pair]) / bound(*pair) for pair in BETAS)).called("longest step / bound, corrected")
without = each(*(FIRST.of(WITHOUT[pair]) / bound(*pair) for pair in BETAS)).called("first step / bound, uncorrected")

CLAIM = Claim(
    key="longest-step",
    kind="identity",
    statement="No step is longer than alpha (1 - beta1) / sqrt(1 - beta2) or alpha, whichever is more.",
    where="sec. 2.1",
    measures=(FIRST, LARGEST),
    arms=tuple(found[betas] for betas in BETAS for found in (WITH, WITHOUT)),
    conditions=(
        *limit_from("theory", to_bound - 1 <= 1e-6),
        (to_bound >= 0.999).saying("a gradient after 20,000 steps without one reaches it"),
        equal(FIRST.of(*WITH.values()), 1, to=1e-6).saying("the very first step is alpha"),
        equal(without, 1, to=1e-6),
    ),
    seeds=(0,),
    remark="Nothing in it is random, so one seed. The bounds are 3.162, 1 and 31.623 alpha. eps is 1e-30.",
    figure=figure,
)
