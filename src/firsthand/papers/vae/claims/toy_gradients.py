"""A gradient of an expectation that can be computed: how far its estimates scatter."""

from typing import Literal

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, within
from firsthand.figures.curves import Runs, against
from firsthand.figures.style import COLOURS, subplots

DIMENSIONS = (1, 3, 10, 30)
DRAWS = 1_000_000


def toy(way: Literal["reparameterised", "score", "baseline"] = "reparameterised", seed: int = 0) -> Outcome:
    """Mean and variance of estimates, of one draw each, of d E|z|^2 / d mu_1 for z ~ N(mu, I) at mu = 1: it is 2.

    Args:
        way: 2 z_1; or |z|^2 (z_1 - mu_1), the score function's; or that with the mean of |z|^2 taken off it.
        seed: of the draws.
    """
    found: dict[str, float] = {}
    for d in DIMENSIONS:
        generator, total, squares = torch.Generator().manual_seed(seed), 0.0, 0.0
        for _ in range(10):
            noise = torch.randn(DRAWS // 10, d, generator=generator, dtype=torch.float64)
            value = (1 + noise).square().sum(1) - (2 * d if way == "baseline" else 0)
            estimates = 2 * (1 + noise[:, 0]) if way == "reparameterised" else value * noise[:, 0]
            total += estimates.sum().item()
            squares += (estimates - 2).square().sum().item()
        found |= {f"mean {d}": total / DRAWS, f"variance {d}": squares / DRAWS}
    return found


MEAN = {d: Measure(f"mean {d}", f"mean, {d} dimensions", digits=2) for d in DIMENSIONS}
VARIANCE = {d: Measure(f"variance {d}", f"variance, {d} dimensions", digits=1) for d in DIMENSIONS}
THROUGH = Arm("reparameterised", experiment=toy)
SCORE = Arm("score function", experiment=toy, overrides={"way": "score"})
BASELINE = Arm("score function, baseline", experiment=toy, overrides={"way": "baseline"})
ARMS = THROUGH, SCORE, BASELINE
# From the moments of a normal variable, by hand.
EXPECTED = (
    (THROUGH, lambda d: 4),
    (SCORE, lambda d: 30 + 22 * (d - 1) + 4 * (d - 1) ** 2),
    (BASELINE, lambda d: 12 + 6 * d),
)


def figure(seen: Runs) -> Figure:
    """Variance against the number of dimensions."""
    figure, axes = subplots(7, 4)
    against(axes, seen, "variance", DIMENSIONS, COLOURS[: len(ARMS)], 1.6)
    axes.set(yscale="log", xlabel="dimensions of z", ylabel="variance of one draw",
             title="Three estimates of the gradient of E|z|²")  # fmt: skip
    return figure


CLAIM = Claim(
    key="toy-gradients",
    kind="the paper's statement",
    statement="The score function's gradient has a very high variance; through z = mu + sigma eps it is low.",
    where="sec. 2.2",
    measures=(*MEAN.values(), *VARIANCE.values()),
    arms=ARMS,
    conditions=(
        *limit_from("ours", VARIANCE[1].of(SCORE) > 5 * VARIANCE[1].of(THROUGH)),
        *limit_from("ours", VARIANCE[10].of(SCORE) > 100 * VARIANCE[10].of(THROUGH)),
        *limit_from("ours", VARIANCE[10].of(BASELINE) > 10 * VARIANCE[10].of(THROUGH)),
        *limit_from(
            "theory",
            *(
                within(VARIANCE[d].of(arm), exact(d), share=0.05, whose="the exact ")
                for arm, exact in EXPECTED
                for d in (1, 10)
            ),
        ),
        *limit_from("theory", *(within(MEAN[d].of(*ARMS), 2, by=0.15, whose="the exact ") for d in (1, 10))),
    ),
    seeds=(3, 4, 5),
    remark="Mean and variance of a million draws. The exact variances are 4, 30 + 22 (d - 1) + 4 (d - 1)^2, and 12 + "
    "6 d with the exact mean of |z|^2 as baseline, which a learner would have to estimate.",
    figure=figure,
)
