"""What the six units that see a person come to stand for."""

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Quantity, each
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import BLUE, MUTED
from firsthand.papers.backprop import pictures
from firsthand.papers.backprop.trees import EXCHANGED, TREES

NATION = Measure("nation", "variance that nation explains, best unit (%)", scale=100.0, digits=0)
HAS_NATION = Measure("has nation", "runs with a unit for the nation (%)", scale=100.0, digits=0)
GENERATION = Measure("generation", "that generation explains (%)", scale=100.0, digits=0)
BRANCH = Measure("branch", "that the branch explains (%)", scale=100.0, digits=0)
ALIKE = Measure("alike", "correlation English, Italian, other units", digits=2)
SAME = TREES("same tree")
BEFORE = TREES("before training", overrides={"sweeps": 0})


def explained(arm: Arm) -> Quantity:
    """What nation, generation and branch explain."""
    found = each(*(measure.of(arm) for measure in (NATION, GENERATION, BRANCH)))
    return found.called(f"variance that nation, generation and branch explain (%), {arm.name}")


def figure(seen: Runs) -> Figure:
    """The weights of one run as in Figure 4, and how alike the English and the Italian weights are in all runs."""
    figure = Figure(figsize=(9.6, 8.4))
    upper, lower = figure.subfigures(2, 1, height_ratios=(2, 1))
    clearest = max(seen[SAME.name], key=lambda run: run.result["metrics"]["nation"])
    upper.suptitle("Weights of the run with the clearest unit for the nation", x=0.01, ha="left", fontweight="bold")
    pictures.people(torch.tensor(clearest.result["series"]["people"]).view(6, 24), upper)
    axes = lower.subplots()
    for arm, colour in ((SAME, BLUE), (EXCHANGED, MUTED)):
        correlations = np.concatenate(series(seen[arm.name], "all alike"))
        axes.hist(correlations, np.linspace(-1, 1, 21), color=colour, alpha=0.75, label=arm.name)
    axes.legend(loc="upper left")
    axes.set(xlim=(-1, 1), xlabel="correlation of a unit's English and Italian weights", ylabel="units of all runs",
             axisbelow=True, title="The two nations in the units other than the nation's")  # fmt: skip
    return figure


CLAIM = Claim(
    key="features",
    kind="the paper's statement",
    statement="The six units that see a person come to tell nation, generation and branch of the family.",
    where="Fig. 4",
    measures=(HAS_NATION, NATION, GENERATION, BRANCH, ALIKE),
    arms=(SAME, EXCHANGED, BEFORE),
    conditions=(
        (explained(SAME) >= 2 * explained(BEFORE)).saying("each in the unit where it explains most"),
        (HAS_NATION.of(SAME) >= 50).saying("one unit is about the nation, which explains most of its variance"),
        (ALIKE.of(SAME) > 0.2).saying("the other units see English and Italians in the same places alike"),
        (ALIKE.of(EXCHANGED) < 0.5 * ALIKE.of(SAME)).saying("which they do not where the relations are exchanged"),
    ),
    remark="The paper shows one network and prints no numbers; the limits are ours.",
    figure=figure,
)
