"""One head or several, at the same number of parameters."""

from firsthand.claims import Arm, Claim, largest, limit_from
from firsthand.papers.transformer.small import BASE, BLEU, LOSS, REMARK, SEEDS

ONE = Arm("one head", "small", {"model.heads": 1})
EIGHT = Arm("eight heads", "small", {"model.heads": 8})

CLAIM = Claim(
    key="heads",
    kind="the paper's statement",
    statement="A single head translates worse than several: by 0.9 BLEU, at constant width.",
    where="table 3, row A",
    measures=(LOSS, BLEU),
    arms=(ONE, BASE, EIGHT),
    conditions=(
        *limit_from("paper", largest(LOSS.of(BASE, EIGHT)) < LOSS.of(ONE)),
        abs(LOSS.of(BASE) - LOSS.of(EIGHT)) < LOSS.of(ONE) - LOSS.of(BASE),
    ),
    seeds=SEEDS,
    remark=f"{REMARK} Of the paper's rows of 1, 4, 8, 16 and 32 heads these are three; width 64, and so 64, 16 and 8 "
    "numbers a query.",
)
