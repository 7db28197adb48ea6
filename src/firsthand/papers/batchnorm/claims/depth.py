"""Ten hidden layers of sigmoids, with and without batch normalisation, from three sizes of first weights."""

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, each, limit_from
from firsthand.figures.curves import Runs, level, metric
from firsthand.figures.style import BLUE, RED, subplots
from firsthand.papers.batchnorm.model import Config
from firsthand.papers.batchnorm.sweeps import digits, trained

SIZES = (0.01, 0.1, 0.4)


def depth(batch_norm: bool = True, layers: int = 10, lr: float = 0.5, steps: int = 1000, seed: int = 0) -> Outcome:
    """Test accuracy of a deep sigmoid network after a short training, from three sizes of first weights.

    Args:
        batch_norm: normalise the hidden layers.
        layers: hidden layers of 100 units.
        lr: learning rate of plain SGD.
        steps: batches of 60 for each size.
        seed: of first weights and order, the same for all sizes.
    """
    task, hidden = digits(), (100,) * layers
    return {f"std {std:g}": trained(task, Config(hidden, batch_norm, std), lr, steps, seed) for std in SIZES}


SMALL, GLOROT, LARGE = (Measure(f"std {std:g}", f"test accuracy, first weights of {std:g}") for std in SIZES)
NORMED = Arm("batch norm", experiment=depth)
PLAIN = Arm("none", experiment=depth, overrides={"batch_norm": False})


def figure(seen: Runs) -> Figure:
    """The accuracy of every run, a column for each size of the first weights."""
    figure, axes = subplots(7, 3.8)
    for (name, runs), colour, shift in zip(seen.items(), (BLUE, RED), (-0.08, 0.08), strict=True):
        for place, measure in enumerate((SMALL, GLOROT, LARGE)):
            values = 100 * np.array(metric(runs, measure.name))
            label = None if place else name
            axes.plot([place + shift] * len(values), values, "o", color=colour, alpha=0.6, ms=7, label=label)
    level(axes, 11.35, "always the most frequent class")
    axes.set_xticks(range(len(SIZES)), [f"{std:g}" for std in SIZES])
    axes.set(xlim=(-0.5, 2.5), ylim=(0, 100), xlabel="standard deviation of the first weights",
             ylabel="test accuracy (%)", title="Ten layers of 100 sigmoids after 1,000 steps")  # fmt: skip
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


CLAIM = Claim(
    key="depth",
    kind="our question",
    statement="A sigmoid network of ten hidden layers trains with batch normalisation and not without.",
    where="sec. 4.2.2 says so of Inception with sigmoids: 69.8 % against chance",
    measures=(SMALL, GLOROT, LARGE),
    arms=(NORMED, PLAIN),
    conditions=(
        *limit_from(
            "pilot",
            (GLOROT.of(NORMED) - GLOROT.of(PLAIN) >= 0.7).saying("from Glorot's first weights"),
            each(GLOROT.of(NORMED), LARGE.of(NORMED)) >= 0.85,
            (each(SMALL.of(PLAIN), GLOROT.of(PLAIN)) <= 0.12).saying("no better than one class"),
            SMALL.of(NORMED) - SMALL.of(PLAIN) >= 0.2,
        ),
        (LARGE.of(PLAIN) <= 0.12).saying("from no first weights without batch normalisation"),
    ),
    remark="1,000 steps of plain SGD at 0.5. A standard deviation of 0.1 is Glorot's for these layers; 0.4 makes up "
    "for the slope of 1/4 that a sigmoid has at 0. From 0.4 the plain network learns, more slowly and "
    "by luck of the draw (39 to 71 %): what it fails at is not depth alone, but depth with first weights that do not "
    "suit sigmoids.",
    figure=figure,
)
