"""SGD's momentum, with the rate scaled to it and not."""

from functools import partial

import numpy as np

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.papers.odyssey.figures import by_seed
from firsthand.papers.odyssey.trials import drawn, run

VALUES = (0.0, 0.5, 0.9, 0.99)


def momentum(scaled: bool = True, inits: int = 2, lr: float = 0.5, steps: int = 400, seed: int = 0) -> Outcome:
    """How much the validation loss depends on SGD's momentum of 0, 0.5, 0.9 and 0.99, with the rate scaled or not.

    "range" is the largest mean loss of a momentum minus the least, "luck" how far the means of as many runs lie apart
    if nothing but the first weights differs: the expected range of four means, 2.06 standard errors.

    Args:
        scaled: multiply the rate by 1 - momentum.
        inits: runs for each momentum, with weights of their own.
        lr: the rate without momentum.
        steps: of SGD.
        seed: of weights.
    """
    losses = []
    for m in VALUES:
        rate, seeds = lr if scaled else lr / (1 - m), [(seed, 300, number, round(100 * m)) for number in range(inits)]
        losses.append([run(drawn(*numbers), "V", 32, rate, "nesterov", m, steps=steps).val for numbers in seeds])
    table = np.array(losses)
    means, error = table.mean(1), np.sqrt(table.var(1, ddof=1).mean() / inits)
    return {
        "range": float(means.max() - means.min()),
        "luck": float(2.06 * error),
        "plain": float(means[0]),
        "fastest": float(means[3]),
        "losses": losses,
    }


RANGE = Measure("range", "range of mean losses over four momenta (nats)")
LUCK = Measure("luck", "range that first weights alone give")
ENDS = (Measure("plain", "loss without momentum"), Measure("fastest", "loss with momentum 0.99"))
SCALED = Arm("rate x (1 - momentum)", experiment=momentum)
SAME = Arm("the same rate", experiment=momentum, overrides={"scaled": False})

CLAIM = Claim(
    key="momentum",
    kind="the paper's statement",
    statement="Momentum makes no difference if the rate is multiplied by 1 - momentum.",
    where="section V.B.4 and section IV.B",
    measures=(RANGE, LUCK, *ENDS),
    arms=(SCALED, SAME),
    conditions=(
        RANGE.of(SCALED) <= 1.5 * LUCK.of(SCALED),
        (RANGE.of(SAME) > 1.5 * LUCK.of(SCALED)).saying("not scaled, it makes one"),
    ),
    remark="SGD with Nesterov's momentum of 0, 0.5, 0.9 and 0.99, rate 0.5 without momentum, 32 cells, 400 steps "
    "of windows of 16 streams, where the paper takes whole sequences and many more steps. In so few steps scaling is "
    "not all: a velocity with 0.99 needs a hundred steps to get going, and is behind by as many of 400; the other "
    "three momenta agree. Ten times the steps would settle it.",
    figure=partial(
        by_seed,
        curve=lambda found: np.stack([range(len(VALUES)), np.mean(found["losses"], 1)], 1),
        finish=lambda axes: axes.set_xticks(range(len(VALUES)), [f"{m:g}" for m in VALUES]),
        xlabel="momentum",
        ylabel="validation loss (nats)",
        title="Loss by momentum",
    ),
)
