"""The latch of three parameters by random guesses and by gradient descent."""

from typing import Literal

import torch
from torch import Generator

from firsthand.claims import Arm, Claim, Measure, Outcome, near_paper
from firsthand.papers.vanishing.latches import Latches, descend

Method = Literal["guessing", "descent"]


def search(
    method: Method = "guessing", length: int = 100, runs: int = 400, trials: int = 1000, seed: int = 0
) -> Outcome:
    """Trials until a latch of three parameters keeps its bit: parameters guessed at random, or gradient descent.

    One step shows the class; lengths are uniform from T/2 to T, noise in U(-0.2, 0.2). A trial is a guess, or an
    update with a fresh pair; descent is looked at every 50 of them, and starts in U(-0.5, 0.5).

    Args:
        method: all three parameters from U(-100, 100) in every trial, or descent at rate 0.1.
        length: T, the longest sequences.
        runs: searches.
        trials: guesses or updates that a search may take.
        seed: of everything.
    """
    generator = Generator().manual_seed(seed)
    first = torch.full((runs,), torch.inf)  # the trial that succeeded
    reach, every = (100.0, 1) if method == "guessing" else (0.5, 50)
    for trial in range(every, trials + 1, every):
        if method == "guessing" or trial == every:
            latches = Latches.draw(runs, lead=1, w0=None, reach=reach, generator=generator)
        if method == "descent":
            descend(latches, length, 0.2, 0.1, every, generator, uniform=True)
        first[latches.right(length, 0.2, generator, uniform=True) & first.isinf()] = trial
        if first.isfinite().all():
            break
    solved = first.isfinite()
    mean = first[solved].mean().item() if solved.any() else None
    return {"solved": solved.float().mean().item(), "trials": mean, "first": first[solved].sort().values.tolist()}


SOLVED = Measure("solved", "share of searches that succeeded", digits=2)
TRIALS = Measure("trials", "trials of those, mean", digits=1)
SHORT = Arm("guessing, T = 10", experiment=search, overrides={"method": "guessing", "length": 10})
LONG = Arm("guessing, T = 100", experiment=search, overrides={"method": "guessing"}, paper={"trials": 6.0})
SHORT_DESCENT = Arm("descent, T = 10", experiment=search, overrides={"method": "descent", "length": 10})
LONG_DESCENT = Arm("descent, T = 100", experiment=search, overrides={"method": "descent"})


CLAIM = Claim(
    key="guessing",
    kind="a secondary number",
    statement="The latch is an easy search and a hard descent: random weights solve it within a few trials.",
    where="Schmidhuber & Hochreiter (1996), on guessing and the latch of 1994",
    measures=(SOLVED, TRIALS),
    arms=(SHORT, LONG, SHORT_DESCENT, LONG_DESCENT),
    conditions=(
        near_paper(LONG, TRIALS, factor=2),
        (TRIALS.of(LONG) <= 2 * TRIALS.of(SHORT)).saying("the length does not matter to guessing"),
        (SOLVED.of(LONG_DESCENT) <= 0.1).saying("with 1,000 updates"),
        SOLVED.of(SHORT_DESCENT) > SOLVED.of(LONG_DESCENT),
    ),
    remark="Three parameters, lengths uniform from T/2 to T, noise uniform in [-0.2, 0.2], as in the paper's "
    "comparison. Guesses come from U(-100, 100), our choice: of all combinations of signs one in eight is right, which "
    "sets the number of trials. The printed number is the mean of 40 searches.",
)
