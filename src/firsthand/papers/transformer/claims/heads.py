"""One head or several, at the same number of parameters."""

from firsthand.claims import Arm, Claim, limit_from
from firsthand.papers.transformer.small import BASE, BLEU, LOSS, REMARK, SEEDS

ONE = Arm("one head", "small", {"model.heads": 1})

CLAIM = Claim(
    key="heads",
    kind="the paper's statement",
    statement="A single head translates worse than several: by 0.9 BLEU, at constant width.",
    where="table 3, row A",
    measures=(LOSS, BLEU),
    arms=(ONE, BASE),
    conditions=limit_from("paper", LOSS.of(BASE) < LOSS.of(ONE), BLEU.of(ONE) < BLEU.of(BASE)),
    seeds=SEEDS,
    remark=f"{REMARK} Of the paper's 1, 4, 8, 16 and 32 heads these are two; at width 64 a query has 64 or 16 numbers.",
)
