"""A convex function on which the heavy ball cycles with the constants that are best for quadratics."""

from functools import partial
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome, equal
from firsthand.claims.bench.descent import visited
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import BLUE, GREEN, INK, RED, subplots
from firsthand.papers.momentum.constants import tuned


def trap_slope(x: float) -> float:
    """The slope of a function with curvatures between 1 and 25 and its minimum at 0. Source: Lessard et al. (2016)."""
    return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24


def trap(method: Literal["gradient", "heavy-ball", "nesterov"] = "heavy-ball", seed: int = 0) -> Outcome:
    """Where a rule that is tuned for curvatures from 1 to 25 ends on a function that has such curvatures, from 3.3.

    Args:
        method: the rule, with the best constants for quadratics (Nesterov: the book's).
        seed: not used, nothing is random.
    """
    rule = partial(optim.SGD, **tuned(method, 25)[0])
    walk = visited(rule, torch.tensor([3.3], dtype=torch.float64), lambda step, x: x.clone().apply_(trap_slope), 1000)
    places = [place.item() for place in walk]
    low, middle, high = sorted(places[-3:])
    return {"end": abs(places[-1]), "low": low, "middle": middle, "high": high, "places": places[:61]}


END = Measure("end", "distance from the minimum after 1000 steps", digits=6)
LOW = Measure("low", "lowest of the last three points", digits=6)
MIDDLE = Measure("middle", "the middle one", digits=6)
HIGH = Measure("high", "the highest", digits=6)
HEAVY = Arm("heavy ball", experiment=trap, overrides={"method": "heavy-ball"})
DESCENT = Arm("gradient descent", experiment=trap, overrides={"method": "gradient"})
NESTEROV = Arm("Nesterov", experiment=trap, overrides={"method": "nesterov"})


def figure(seen: Runs) -> Figure:
    """The slope of the function with the cycle's points, and the distance from the minimum step by step."""
    figure, left, right = subplots(11, 4, 2, width_ratios=(1, 1.3))
    xs = np.linspace(-2.4, 3.5, 300)
    left.plot(xs, [trap_slope(x) for x in xs], color=INK, lw=1.4)
    cycle = series(seen[HEAVY.name], "places")[0][-4:]
    slopes = [trap_slope(x) for x in cycle]
    arrow = {"arrowstyle": "->", "lw": 1.6, "color": RED, "connectionstyle": "arc3,rad=0.25"}
    for (x, slope), end in pairwise(zip(cycle, slopes, strict=True)):
        left.annotate("", end, (x, slope), arrowprops=arrow)
        left.text(x + 0.12, slope - 6, f"{x:.3f}", color=RED, fontsize=9)
    left.plot(cycle, slopes, "o", color=RED, ms=7)
    left.plot(0, 0, "*", color=INK, ms=10)
    left.set(xlabel="x", ylabel="slope f'(x)", title="The heavy ball's last three steps of 60")
    for arm, colour in ((HEAVY, RED), (DESCENT, GREEN), (NESTEROV, BLUE)):
        places = np.abs(series(seen[arm.name], "places")[0])
        end = int(np.argmax(places < 1e-6)) or len(places)
        right.plot(np.maximum(places[: end + 1], 1e-6), ".-", color=colour, lw=1.2, ms=5, label=arm.name)
    right.set(yscale="log", xlabel="step", ylabel="distance from the minimum", ylim=(1e-6, 10), xlim=(-1, 60),
              title="Best constants for quadratics with these curvatures")  # fmt: skip
    right.legend(loc="lower right", bbox_to_anchor=(1, 0.12))
    return figure


CLAIM = Claim(
    key="trap",
    kind="identity",
    statement="The heavy ball's best constants for quadratics can cycle for ever on another convex function.",
    where="Lessard, Recht & Packard 2016, sec. 4.6",
    measures=(END, LOW, MIDDLE, HIGH),
    arms=(HEAVY, DESCENT, NESTEROV),
    conditions=(
        *(equal(1225 * m.of(HEAVY), n, to=1e-6) for m, n in ((LOW, -2208), (MIDDLE, 792), (HIGH, 2592))),
        equal(END.of(DESCENT, NESTEROV), 0, to=1e-6),
    ),
    seeds=(0,),
    remark="Nothing is random, so one seed. Curvatures lie between 1 and 25; the rate 1/9 and momentum 4/9 are the "
    "best for quadratics with these curvatures. The cycle solves three linear equations: it is -2208/1225, 2592/1225, "
    "792/1225.",
    figure=figure,
)
