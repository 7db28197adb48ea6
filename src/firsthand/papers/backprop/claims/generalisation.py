"""Four questions that the network has never seen."""

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Claim, Measure, some_seed
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import BLUE, MUTED
from firsthand.papers.backprop.trees import EXCHANGED, HELD_OUT, TRAINED, TREES

ALL_FOUR = Measure("all four", "runs with all 4 right (%)", scale=100.0, digits=1)
SAME = TREES("same tree", paper={"held out": 4.0})
SHUFFLED = TREES("answers shuffled", overrides={"italians": "answers shuffled"})
DIRECT = TREES("no hidden units", overrides={"hidden": False})


def figure(seen: Runs) -> Figure:
    """How many of four held-out questions the runs answer, arm by arm."""
    figure = Figure(figsize=(9.6, 3.4))
    figure.suptitle("How many of the four held-out questions are answered", x=0.01, ha="left", fontweight="bold")
    for axes, (name, runs) in zip(figure.subplots(1, len(seen), sharey=True), seen.items(), strict=True):
        held_out = np.concatenate(series(runs, "held out runs"))
        shares = 100 * np.bincount(held_out.round().astype(int), minlength=5) / len(held_out)
        bars = axes.bar(range(5), shares, color=BLUE if name == SAME.name else MUTED)
        axes.bar_label(bars, fmt="%.0f", fontsize=9)
        axes.set(xlabel="right, of 4", xticks=range(5), ylim=(0, 105), axisbelow=True)
        axes.set_title(f"{name}\nmean {held_out.mean():.2f}", fontsize=10)
        axes.grid(visible=False, axis="x")
    figure.axes[0].set_ylabel("runs (%)")
    return figure


CLAIM = Claim(
    key="generalisation",
    kind="the paper's statement",
    statement="Trained on 100 of the 104 questions about two families, the network answers the 4 that are left.",
    where="caption of Fig. 4",
    measures=(HELD_OUT, ALL_FOUR, Measure("best", "best run, of 4", digits=0), TRAINED),
    arms=(SAME, EXCHANGED, SHUFFLED, DIRECT),
    conditions=(
        (ALL_FOUR.of(SAME) >= 50).saying("most runs do what the paper's did"),
        some_seed(ALL_FOUR.of(SAME) > 0),
        (HELD_OUT.of(SAME) >= 1.5).saying("far more than guessing"),
        (HELD_OUT.of(EXCHANGED, SHUFFLED) < HELD_OUT.of(SAME)).saying("it needs the second tree"),
        (HELD_OUT.of(DIRECT) <= 0.5).saying("it needs hidden units"),
    ),
    remark="Not with the caption's settings, which do not train (see printed-recipe), but from U(-1, 1) with rate "
    "0.05 and shrinking by 0.03 %. Each seed is 24 networks with their own held-out questions; right is all "
    "outputs on their side of one half. The paper reports one run with all four right. The first condition, which "
    "decides, was one of six before and counted like the others; the networks generalise, but one of ours that does "
    "as well is rare. Which four were held out, the first weights, and further runs of theirs would settle it.",
    figure=figure,
)
