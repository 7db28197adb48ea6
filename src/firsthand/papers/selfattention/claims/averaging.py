"""Two look-ups at once where their mean is all that is asked for."""

from functools import partial

from firsthand.claims import Claim
from firsthand.papers.selfattention.lookups import LAST, STEPS, answers, arms

ONE, TWO, FOUR = arms(kind="mean")

CLAIM = Claim(
    key="averaging",
    kind="our question",
    statement="Where the answer is the mean of what is found, the average of one head is enough.",
    where="our own question to section 3.2.2",
    measures=(STEPS, LAST),
    arms=(ONE, TWO, FOUR),
    conditions=(
        (STEPS.of(ONE) <= 1.5 * STEPS.of(TWO)).saying("one head hardly needs more steps than two"),
        (STEPS.of(ONE) <= 1.5 * STEPS.of(FOUR)).saying("nor than four"),
    ),
    seeds=(10, 11, 12, 13, 14),
    remark="The task of `heads`, but the mean of both digits is asked for, rounded down, which does not depend on "
    "which digit belongs to which key. Before, their sum modulo 10 was asked for (`--kind sum`), which no number of "
    "heads learned in 1,500 steps: all stayed at chance, so that it could tell nothing.",
    figure=partial(answers, title="The mean of both digits, rounded down"),
)
