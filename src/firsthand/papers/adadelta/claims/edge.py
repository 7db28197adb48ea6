"""Where Adadelta settles on a parabola: on the minimum, or jumping about it."""

from collections import deque
from collections.abc import Iterator
from math import sqrt

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, within
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import COLOURS, MUTED, subplots

EPS = 1e-6


def edge(curvature: float = 10.0, steps: int = 100_000, seed: int = 0) -> Outcome:
    """How far Adadelta still jumps about the minimum of curvature x^2 / 2, started at x = 1.

    "amplitude" is the largest |x| of the last ten steps; "law" is sqrt(eps steps (1/4 - 1/curvature^2)), 0 where the
    curvature is 2 or less; "lowest" is the smallest amplitude on the way. The lists follow the amplitude.

    Args:
        curvature: the second derivative.
        steps: how many are taken.
        seed: of nothing, there is no chance in this.
    """
    marks = {int(10 ** (n / 8)) for n in range(8, 1000) if 10 ** (n / 8) <= steps} | {steps}
    recent, sizes = deque[float](maxlen=10), {}
    for step, x in enumerate(algorithm_1(curvature, steps), start=1):
        recent.append(abs(x))
        if step in marks:
            sizes[step] = max(recent)
    found = {"amplitude": sizes[steps], "law": law(curvature, steps), "lowest": min(sizes.values())}
    return found | {"step": list(sizes), "size": list(sizes.values())}


def law(curvature: float, steps: int | float) -> float:
    """How far x jumps after so many steps: sqrt(eps steps (1/4 - 1/curvature^2)), 0 below a curvature of 2."""
    return sqrt(EPS * steps * max(0.25 - curvature**-2, 0.0))


def algorithm_1(curvature: float, steps: int, rho: float = 0.95, eps: float = EPS) -> Iterator[float]:
    """Where algorithm 1 stands after each step, from x = 1: the rule of `firsthand.optim` in plain numbers, for speed.

    Source: algorithm 1.
    """
    x, squares, moves = 1.0, 0.0, 0.0
    for _ in range(steps):
        g = curvature * x
        squares = rho * squares + (1 - rho) * g * g
        dx = -sqrt((moves + eps) / (squares + eps)) * g
        moves = rho * moves + (1 - rho) * dx * dx
        x += dx
        yield x


AMPLITUDE = Measure("amplitude", "distance from the minimum after 100,000 steps", digits=4)
LAW = Measure("law", "sqrt(eps t (1/4 - 1/curvature^2))", digits=4)
LOW, HIGH = (
    [Arm(f"curvature {name}", experiment=edge, overrides={"curvature": float(name)}) for name in names]
    for names in (("0.5", "1", "1.9"), ("2.1", "3", "10", "100"))  # below and above 2
)
OVER_LAW = AMPLITUDE.of(*HIGH) / LAW.of(*HIGH)


def figure(seen: Runs) -> Figure:
    """Amplitude against steps, both logarithmic, for every curvature, with the law where there is one."""
    figure, axes = subplots(8, 4.4)
    for colour, arm in zip(COLOURS, (*LOW, *HIGH), strict=True):
        steps, sizes = (series(seen[arm.name], name)[0] for name in ("step", "size"))
        style = {"color": colour, "lw": 1.6, "marker": "o", "ms": 3, "ls": "-" if arm in HIGH else "--"}
        axes.plot(steps, np.maximum(sizes, 1e-40), label=arm.name, **style)
        if arm in HIGH:
            laws = [law(arm.overrides["curvature"], step) for step in steps]
            axes.plot(steps, laws, color=colour, lw=1, ls=":")
    axes.plot([], [], color=MUTED, ls=":", label="sqrt(eps t (1/4 - 1/curvature²))")
    axes.set(xscale="log", yscale="log", ylim=(1e-12, 3), xlabel="steps", ylabel="largest |x| of the last ten steps")
    axes.set_title("Distance from the minimum of curvature · x² / 2")
    axes.legend(fontsize=8, loc="lower left")
    return figure


CLAIM = Claim(
    key="edge",
    kind="our question",
    statement="On a parabola without noise Adadelta settles on the minimum only if the curvature is below 2.",
    where="our own question to algorithm 1 and its units; the law is ours, too",
    measures=(AMPLITUDE, LAW),
    arms=(*LOW, *HIGH),
    conditions=(
        AMPLITUDE.of(*LOW) < 1e-6,
        within(OVER_LAW.called("distance over the law at each curvature above 2"), 1, share=0.05),
    ),
    seeds=(0,),
    remark="Nothing in it is random, therefore one seed. The step has the units of x, so it adapts itself to any "
    "curvature, until it is exactly the longest that is stable, 2/curvature: there x jumps from side to side, "
    "and the two running means let the jumps grow like the square root of the steps. In a network the noise of the "
    "batches hides this.",
    figure=figure,
)
