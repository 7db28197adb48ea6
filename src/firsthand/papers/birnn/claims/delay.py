"""Answers that come some steps late, for networks that read one way."""

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Claim, Measure, within
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import AMBER, BLUE, INK, RED, VIOLET, subplots
from firsthand.papers.birnn.artificial import DELAYS, arms

SHIFT = Measure("shift", "best delay (steps)", digits=1)
THERE = Measure("there", "lowest median error (thousandths)", 1e3)
NOW = Measure("median", "median error without delay (thousandths)", 1e3)
FOR, BACK, MERGE, BRNN = ARMS = arms(shift=(1.0, 5.0, 5.0, 0.0), there=(1.47, 0.62, 0.67, 0.45))


def figure(seen: Runs) -> Figure:
    """The median error of each arm by the delay, the middle half of its networks, and the paper's best."""
    figure, axes = subplots(8, 4.2)
    for arm, colour in zip(ARMS, (AMBER, RED, VIOLET, BLUE), strict=True):
        shifts, scores = series(seen[arm.name], "shifts")[0], np.concatenate(series(seen[arm.name], "scores"), 1)
        low, middle, high = 1e3 * np.quantile(scores, (0.25, 0.5, 0.75), axis=1)
        axes.fill_between(shifts, low, high, color=colour, alpha=0.12, lw=0)
        axes.plot(shifts, middle, "o-", color=colour, lw=1.8, ms=4, label=arm.name)
        axes.plot(arm.paper["shift"], arm.paper["there"], "D", color=colour, mfc="white", ms=7, mew=1.6, zorder=5)
    axes.axhline(middle[0], color=BLUE, lw=1.2, ls="--")  # BRNN, the last, has no delay
    axes.plot([], [], "D", color=INK, mfc="white", ms=7, mew=1.6, label="the paper's mean at its best delay")
    axes.set(xlim=(-0.4, 12.4), ylim=(0, None), xticks=DELAYS, xlabel="steps that the answer is delayed",
             ylabel="squared error (thousandths)", title="Median error by delay, middle half shaded")  # fmt: skip
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8.5)
    return figure


CLAIM = Claim(
    key="delay",
    kind="the paper's statement",
    statement="A delay helps a one-directional network, but must be found, and helps less than reading from both ends.",
    where="section III.A, figure 4",
    measures=(SHIFT, THERE, NOW),
    arms=tuple(ARMS),
    conditions=(
        NOW.of(BRNN) < THERE.of(FOR, BACK),
        (THERE.of(FOR, BACK) < NOW.of(FOR, BACK)).saying("a delay helps"),
        within(SHIFT.of(FOR), 2, by=1),
        within(SHIFT.of(BACK), 5, by=2),
    ),
    remark=f"The networks of the claim before; delays of {', '.join(map(str, DELAYS))} steps, "
    f"{', '.join(map(str, MERGE.overrides['shifts']))} for merged networks. The paper's numbers are means of 100 "
    "networks, read off a plot. RNN-BACK at its best delay is hard to beat: BRNNs that do not get stuck beat it, "
    "others do not, and with one seed of three most are stuck. RNN-FOR gains little, with one seed nothing. That a "
    "delay must help with every seed was asked only after the runs. A hundred BRNNs would settle their mean.",
    figure=figure,
)
