"""Figure 1b and 1c: percentiles of what goes into one sigmoid of the last hidden layer, over the training."""

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import BLUE, RED, heading, subplots
from firsthand.papers.batchnorm.training import EVERY, course

REACH = Measure("reach", "highest less lowest median, typical unit", digits=2)
VARIATION = Measure("variation", "length of the median's path, typical unit", digits=1)
NORMED = Arm("batch norm", experiment=course)
PLAIN = Arm("none", experiment=course, overrides={"batch_norm": False})


def figure(seen: Runs) -> Figure:
    """The 15th, 50th and 85th percentile of a typical unit's inputs against the step, for the first seed."""
    figure, *panels = subplots(10, 3.9, 2, sharey=True)
    for axes, arm, colour in zip(panels, (PLAIN, NORMED), (RED, BLUE), strict=True):
        low, middle, high = (series(seen[arm.name], name)[0] for name in ("low", "middle", "high"))
        steps = EVERY * np.arange(len(middle))
        axes.fill_between(steps, low, high, color=colour, alpha=0.15, lw=0)
        for path, width in ((low, 0.7), (middle, 1.4), (high, 0.7)):
            axes.plot(steps, path, color=colour, lw=width)
        axes.set(xlabel="step", title=arm.name, xlim=(0, steps[-1]))
        axes.xaxis.set_major_formatter("{x:,.0f}")
    panels[0].set_ylabel("input of the sigmoid")
    heading(
        figure, "15th, 50th and 85th percentile of one unit's inputs in the last hidden layer, over the test images"
    )
    return figure


CLAIM = Claim(
    key="inputs",
    kind="the paper's statement",
    statement="With batch normalisation the distribution of what goes into a sigmoid stays stable while it trains.",
    where="sec. 4.1, Fig. 1b and 1c",
    measures=(REACH, VARIATION),
    arms=(NORMED, PLAIN),
    conditions=(
        *limit_from("pilot", 2 * REACH.of(NORMED) <= REACH.of(PLAIN)),
        3 * VARIATION.of(NORMED) <= VARIATION.of(PLAIN),
    ),
    remark="The same runs as in the claim `accuracy`. The median is that of the first 1,000 test images, normalised as "
    "in training by themselves, at every 100th step; a typical unit is the median of the 100 units of the last hidden "
    "layer by the length of its path, the two measures are medians over them. The paper shows one unit and gives no "
    "number. The path is hardly shorter with batch normalisation, because it adds up the jitter from look to look, of "
    "about 0.05 in both networks at this rate; what the figure shows is the drift, which the first condition measures. "
    "Its limit comes from a pilot run of 4,000 steps (0.4 against 2.8), the second is ours.",
    figure=figure,
)
