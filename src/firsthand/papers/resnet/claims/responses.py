"""How much the layers of a residual network say."""

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Claim
from firsthand.figures.curves import Runs, average
from firsthand.figures.style import COLOURS, plain, subplots
from firsthand.papers.resnet.digits import PLAIN_20, PLAIN_56, RES_20, RES_56, RESPONSE, SEEDS


def figure(seen: Runs) -> Figure:
    """Standard deviations from the first layer to the last, means over the seeds, as in figure 7."""
    figure, axes = subplots(7.4, 4)
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        values = average(runs, "responses")
        axes.plot(np.linspace(0, 1, len(values)), values, "-o", color=colour, ms=2.5, lw=1.2, label=name)
    axes.set(
        xlabel="depth, from the first block to the last", ylabel="standard deviation", yscale="log", ylim=(0.5, 20)
    )
    axes.set_title("Responses of the 3x3 layers, after batch norm")
    plain(axes.yaxis)
    axes.legend(loc="upper right", ncols=2)
    return figure


CLAIM = Claim(
    key="responses",
    kind="the paper's statement",
    statement="Layers of residual networks respond less than those of plain ones, and deeper ones still less.",
    where="sec. 4.2, Fig. 7",
    measures=(RESPONSE,),
    arms=(PLAIN_20, RES_20, PLAIN_56, RES_56),
    conditions=(
        RESPONSE.of(RES_20, RES_56) < RESPONSE.of(PLAIN_20, PLAIN_56),
        RESPONSE.of(RES_56) < RESPONSE.of(RES_20),
    ),
    seeds=SEEDS,
    remark="The networks of the claims before, on 2,000 test digits. What stands out is the first third of the plain "
    "network of 56 layers; all else lies close together.",
    figure=figure,
)
