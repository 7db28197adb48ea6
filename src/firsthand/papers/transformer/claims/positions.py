"""Sinusoids, or a learned vector for every place."""

from firsthand.claims import Arm, Claim
from firsthand.papers.transformer.small import BASE, BLEU, PERPLEXITY, REMARK, SEEDS

LEARNED = Arm("learned positions", "small", {"model.positions": "learned"})

CLAIM = Claim(
    key="positions",
    kind="the paper's statement",
    statement="Learned positions instead of sinusoids give nearly identical results: the same perplexity of 4.92.",
    where="section 3.5 and table 3, row E",
    measures=(PERPLEXITY, BLEU),
    arms=(BASE, LEARNED),
    conditions=(abs(PERPLEXITY.of(LEARNED) - PERPLEXITY.of(BASE)) <= 0.1 * PERPLEXITY.of(BASE),),
    seeds=SEEDS,
    remark=f"{REMARK} Learned vectors start from N(0, 1).",
)
