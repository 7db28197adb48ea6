"""First weights of five sizes under Nesterov's momentum."""

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim
from firsthand.figures.curves import Runs, average, lines, log_ticks, metric, series
from firsthand.figures.style import COLOURS, INK, RED, beside, subplots
from firsthand.papers.momentum.training import ERROR, EVERY, autoencoder

PRINTED = {0.25: 16.0, 0.5: 16.0, 1.0: 0.074, 2.0: 0.083, 4.0: 0.35}  # table 3, on Curves: another scale than ours
ARMS = QUARTER, HALF, ONE, TWICE, FOUR = tuple(
    Arm(f"scale {scale:g}", experiment=autoencoder, overrides={"scale": scale, "updates": 3000}) for scale in PRINTED
)


def figure(seen: Runs) -> Figure:
    """Training error update by update, and the last as a multiple of that at scale 1, beside the paper's multiples."""
    figure, left, right = subplots(11, 4.2, 2)
    ends = []
    for arm, colour in zip(ARMS, COLOURS, strict=False):
        lines(left, series(seen[arm.name]), colour, arm.name, every=EVERY)
        ends.append((arm.name, average(seen[arm.name])[-1], colour))
    left.set(xlabel="update", ylabel="squared error an image", title="Training error, a line a seed", xlim=(0, 3700))
    log_ticks(left, (1, 2, 5, 10, 20, 50))
    beside(left, 3050, ends, 1.17)
    scales, errors = list(PRINTED), np.array([metric(seen[arm.name], "error") for arm in ARMS])
    ours = errors / errors[ARMS.index(ONE)]
    right.plot(scales, ours, "o", color=INK, alpha=0.6)
    right.plot(scales, ours.mean(1), color=INK, lw=1, label="ours: seeds (dots), mean (line)")
    theirs = [error / PRINTED[1.0] for error in PRINTED.values()]
    right.plot(scales, theirs, "D:", color=RED, mfc="none", mew=1.6, lw=1, label="the paper's, on Curves")
    right.set(xlabel="standard deviation of a unit's 15 first weights", ylabel="error / error at scale 1",
              title="The last error, relative to that at scale 1")  # fmt: skip
    log_ticks(right, scales, "x")
    log_ticks(right, (1, 3, 10, 30, 100, 300))
    right.legend(loc="upper right")
    return figure


CLAIM = Claim(
    key="first-weights",
    kind="the paper's statement",
    statement="First weights need the right size: if they are too small even momentum does not help.",
    where="Sutskever et al., sec. 3.1, table 3",
    measures=(ERROR,),
    arms=ARMS,
    conditions=(
        (ERROR.of(QUARTER) >= 2 * ERROR.of(ONE)).saying("a quarter of the size does not train"),
        (ERROR.of(HALF) >= 2 * ERROR.of(ONE)).saying("nor does half of it, in table 3"),
        (ERROR.of(TWICE) <= 2 * ERROR.of(ONE)).saying("twice the size does, in table 3"),
        (ERROR.of(FOUR) >= 2 * ERROR.of(ONE)).saying("four times the size is too large"),
        ERROR.of(ONE) < ERROR.of(QUARTER, HALF, TWICE, FOUR),
    ),
    remark=f"Table 3 has {', '.join(f'{error:g}' for error in PRINTED.values())} for Curves with "
    "784-400-200-100-50-25-6; ours are those of the small autoencoder on digits after 3000 updates of NAG with mu_max "
    "0.99, on another scale. The window of sizes lies lower here: half the size trains, and twice the size in one seed "
    "of three, where the paper has it the other way round, in a network twice as deep. The conditions on half and "
    "twice the size were added when the runs were known; without them only what agrees was asked.",
    figure=figure,
)
