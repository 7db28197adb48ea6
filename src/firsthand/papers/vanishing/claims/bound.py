"""The product of norms that bounds the gradient at every lag."""

from matplotlib.figure import Figure

from firsthand.claims import Claim, Measure, limit_from
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import BLUE, RED, heading, subplots
from firsthand.papers.vanishing.language import RNNS

WHEN = {"start": "before training", "trained": "after 500 updates"}
BOUNDS = [Measure(f"{name} bound", f"largest gradient / bound {when}", digits=4) for name, when in WHEN.items()]
SINGULAR = "largest singular value of W_hh"
LARGEST = [Measure(f"{name} largest", f"{SINGULAR} {when}", digits=2) for name, when in WHEN.items()]


def figure(seen: Runs) -> Figure:
    """Measured gradient and its bound, a panel a network, before and after training, a line a seed."""
    figure, *panels = subplots(11.5, 3.8, len(seen), sharey=True)
    for axes, (name, runs) in zip(panels, seen.items(), strict=True):
        for when, colour in (("start", BLUE), ("trained", RED)):
            lines(axes, series(runs, f"{when} allowed"), colour, f"bound, {when}", start=0, ls="--")
            lines(axes, series(runs, f"{when} shares"), colour, f"gradient, {when}", start=0)
        axes.set(yscale="log", xlabel="steps back", title=name)
    panels[0].set_ylabel("gradient, as a share of that at 0")
    panels[0].legend(loc="lower left", fontsize=8)
    heading(figure, "Gradient by lag, and its bound")
    return figure


CLAIM = Claim(
    key="bound",
    kind="identity",
    statement="The norm of W times the largest slope, multiplied over the steps, bounds the gradient at every lag.",
    where="2013: sec. 2.1, equations 6 and 7",
    measures=(*BOUNDS, *LARGEST),
    arms=RNNS,
    conditions=limit_from("theory", *(bound.of(*RNNS) <= 1 + 1e-9 for bound in BOUNDS)),
    remark="The largest over 64 places and 51 lags, to rounding; 1 is reached at lag 0, where both are the gradient "
    "itself. The bound is loose: a largest singular value above 1 is needed for explosion and does not make one.",
    figure=figure,
)
