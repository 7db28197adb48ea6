"""How near the widths of good and of bad networks are to a quantised line."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Claim, Condition, Measure, limit_from
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import COLOURS, subplots
from firsthand.papers.regnet.population import SPACES

FIT = Measure("fit", "mean e_fit (%)", digits=1)
BETTER = Measure("fit_better", "e_fit of the better half (%)", digits=1)
WORSE = Measure("fit_worse", "e_fit of the worse half (%)", digits=1)
C, D, E, REGNET = (SPACES[name] for name in ("C", "D", "E", "RegNet"))


def together(condition: Condition) -> Condition:
    """The condition on the means over the seeds."""
    return replace(condition, words=f"over all seeds: {condition.words}", over="all seeds")


def figure(seen: Runs) -> Figure:
    """Error against e_fit, a dot a network."""
    figure, axes = subplots(7, 3.8)
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        fits, errors = (np.concatenate(series(runs, key)) for key in ("fits", "errors"))
        axes.plot(100 * fits, errors, "o", color=colour, ms=5, alpha=0.75, label=name)
    axes.set(xlabel="e_fit (%): distance of the widths from the nearest quantised line", ylabel="error (%)")
    axes.set_title("Errors, and how near the widths are to a quantised line")
    axes.legend()
    return figure


CLAIM = Claim(
    key="quantised-line",
    kind="the paper's statement",
    statement="The better a network, the nearer its widths are to a quantised line.",
    where="sec. 3.3, Fig. 9",
    measures=(FIT, BETTER, WORSE),
    arms=(C, D, E, REGNET),
    conditions=limit_from(
        "ours",
        together(BETTER.of(C) < WORSE.of(C)),
        together(BETTER.of(D) < WORSE.of(D)),
        together(BETTER.of(E) < WORSE.of(E)),
        (FIT.of(REGNET) < 8).saying("rounding alone keeps a RegNet from its line"),
    ),
    remark="The networks of claim `design-spaces`, the half with lower errors of each seed beside the other. The line "
    "is the nearest of a grid, so that RegNets, too, have an e_fit above 0. The paper fits 500 networks a space.",
    figure=figure,
)
