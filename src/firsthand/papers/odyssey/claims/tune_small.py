"""The best learning rate of a small and of a larger LSTM."""

from functools import partial
from math import log10

import numpy as np

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.figures.curves import log_ticks
from firsthand.papers.odyssey.figures import by_seed
from firsthand.papers.odyssey.trials import drawn, run


def tune(hidden: int = 16, steps: int = 250, count: int = 7, seed: int = 0) -> Outcome:
    """The best of several rates of Adam, from 0.001 on, each 2.15 times the one before, for a vanilla LSTM.

    "decades" is the logarithm of that rate to base 10, "val" its validation loss.

    Args:
        hidden: cells.
        steps: of Adam.
        count: rates; the seventh is 0.1.
        seed: of weights.
    """
    rates = [10 ** (-3 + number / 3) for number in range(count)]
    vals = [run(drawn(seed, 200), "V", hidden, lr, steps=steps).val for lr in rates]
    best = int(np.argmin(vals))
    return {"decades": log10(rates[best]), "val": vals[best], "rates": rates, "vals": vals}


DECADES = Measure("decades", "log10 of the best rate", digits=2)
SMALL, LARGE = (Arm(f"{n} cells", experiment=tune, overrides={"hidden": n, "count": 9}) for n in (16, 64))

CLAIM = Claim(
    key="tune-small",
    kind="the paper's statement",
    statement="The best learning rate depends little on the size: tune it with a small network, train a large one.",
    where="section V.B.5, figure 4",
    measures=(DECADES, Measure("val", "validation loss there (nats)")),
    arms=(SMALL, LARGE),
    conditions=(
        (abs(DECADES.of(SMALL) - DECADES.of(LARGE)) <= round(log10(3), 3)).saying("within a factor of 3"),
        (DECADES.of(SMALL, LARGE) < -0.5).saying("none is at the end of the grid, -0.33"),
    ),
    remark="Nine rates of Adam from 0.001 to 0.46, each 2.15 times the one before. At first there were seven, and for "
    "16 cells the largest was the best for two seeds of three; so two were added, with the second condition.",
    figure=partial(
        by_seed,
        curve=lambda found: np.stack([found["rates"], found["vals"]], 1),
        finish=partial(log_ticks, ticks=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3), which="x"),
        xlabel="learning rate of Adam",
        ylabel="validation loss (nats)",
        title="Loss by learning rate",
    ),
)
