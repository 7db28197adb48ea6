"""The Time Machine, read by two forms of the unit: the numbers of a book."""

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, near_paper
from firsthand.figures.curves import Runs, log_ticks, logged
from firsthand.figures.style import BLUE, INK, RED, apart

TRAIN = Measure("train_perplexity", "train perplexity", digits=2)
VAL = Measure("val_perplexity", "validation perplexity", digits=2)
TORCH = Arm("nn.GRU's form and first weights", "paper", paper={"train_perplexity": 4.94, "val_perplexity": 6.55})
SCRATCH = Arm(
    "the book's own",
    "paper",
    {"model.init": "normal", "model.reset": "before"},
    paper={"train_perplexity": 5.73, "val_perplexity": 6.74},
)


def figure(seen: Runs) -> Figure:
    """Perplexity pass by pass, and where the book ended."""
    figure = Figure(figsize=(8.8, 4.2))
    axes = figure.subplots()
    ends, colours = {}, {}
    for colour, arm in zip((BLUE, RED), (TORCH, SCRATCH), strict=True):
        for part, name, style in (("validation", "val_loss", {"lw": 1.5}), ("training", "loss", {"lw": 0.9})):
            for run in seen[arm.name]:
                steps, losses = logged(run, name)
                axes.plot(steps / 10, np.exp(losses), color=colour, **style)
            ends[f"{part}, {arm.name}"], colours[f"{part}, {arm.name}"] = losses[-1], colour
        axes.plot([50] * len(arm.paper), list(arm.paper.values()), "D", color=colour, mfc="white", ms=6, zorder=5)
    for words, y in zip(ends, np.exp(apart(list(ends.values()), np.log(1.075))), strict=True):
        axes.text(51.4, y, words, color=colours[words], va="center", fontsize=9)
    axes.plot([], [], "D", color=INK, mfc="white", label="the book's last numbers")
    axes.set(xlim=(0, 79), ylim=(4.6, 21), xticks=range(0, 51, 10), xlabel="passes over the first 10,000 windows",
             ylabel="perplexity", title="Two forms of the unit, two sets of first weights")  # fmt: skip
    log_ticks(axes, (5, 6, 7, 8, 10, 15, 20))
    axes.legend(loc="upper right")
    return figure


CLAIM = Claim(
    key="time-machine",
    kind="a secondary number",
    statement="A GRU of 32 units reads The Time Machine to a perplexity below 6.8 on text that it has not seen.",
    where="Dive into Deep Learning, section 10.2, the plots of its notebooks",
    measures=(TRAIN, VAL),
    arms=(TORCH, SCRATCH),
    conditions=(near_paper(TORCH, TRAIN, VAL, by=0.3), near_paper(SCRATCH, TRAIN, VAL, by=0.3)),
    remark="Only the first 10,032 characters are trained on. The two forms differ in the place of the reset gate and "
    "in the first weights: U(±1/sqrt(32)), biases too, against N(0, 0.01^2) and biases of 0. The book reads its "
    "numbers off the mean of each batch's perplexity, which is a little high, and its validation windows begin 32 "
    "characters earlier than ours.",
    figure=figure,
)
