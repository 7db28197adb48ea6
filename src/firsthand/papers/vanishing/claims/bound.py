"""The product of norms that bounds the gradient at every lag."""

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Claim, Measure, limit_from
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import BLUE, INK, RED
from firsthand.papers.vanishing.language import LAGS, RNNS

START = Measure("start bound", "largest gradient / bound before training", digits=4)
TRAINED = Measure("trained bound", "largest gradient / bound after 500 updates", digits=4)
SINGULAR = (
    Measure("start largest", "largest singular value of W_hh before training", digits=2),
    Measure("trained largest", "largest singular value of W_hh after 500 updates", digits=2),
)


def figure(seen: Runs) -> Figure:
    """Measured gradient and its bound, a panel a network, before and after training, a line a seed."""
    figure = Figure(figsize=(11.5, 3.8))
    for axes, (name, runs) in zip(figure.subplots(1, len(seen), sharey=True), seen.items(), strict=True):
        for when, colour in (("start", BLUE), ("trained", RED)):
            for kind, style in (("allowed", "--"), ("shares", "-")):
                curves = [np.stack([np.arange(LAGS + 1), curve], 1) for curve in series(runs, f"{when} {kind}")]
                label = f"{'bound' if kind == 'allowed' else 'gradient'}, {when}"
                lines(axes, curves, colour, label, ls=style)
        axes.set(yscale="log", xlabel="steps back", title=name)
    figure.axes[0].set_ylabel("gradient, as a share of that at 0")
    figure.axes[0].legend(loc="lower left", fontsize=8)
    figure.suptitle("Gradient by lag, and its bound", x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK)
    return figure


CLAIM = Claim(
    key="bound",
    kind="identity",
    statement="The norm of W times the largest slope, multiplied over the steps, bounds the gradient at every lag.",
    where="2013: sec. 2.1, equations 6 and 7",
    measures=(START, TRAINED, *SINGULAR),
    arms=RNNS,
    conditions=limit_from("theory", START.of(*RNNS) <= 1 + 1e-9, TRAINED.of(*RNNS) <= 1 + 1e-9),
    remark="The largest over 64 places and 51 lags, to rounding; 1 is reached at lag 0, where both are the gradient "
    "itself. The bound is loose: a largest singular value above 1 is needed for explosion and does not make one.",
    figure=figure,
)
