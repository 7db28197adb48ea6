"""What the same recipe reaches when no name stands in two parts of the split."""

from firsthand.claims import Arm, Claim, limit_from
from firsthand.papers.mlp.losses import DEV, PRINTED, TEST

ALL = Arm("all names", "paper", paper=PRINTED)
ONCE = Arm("each name once", "paper", {"data.deduplicate": True})

CLAIM = Claim(
    key="leakage",
    kind="our question",
    statement="The published losses profit from names that are in two parts of the split.",
    where="our own question to the notes: 14,821 names, of which 8,519 are distinct",
    measures=(DEV, TEST),
    arms=(ALL, ONCE),
    conditions=limit_from("pilot", *(measure.of(ONCE) >= measure.of(ALL) + 0.2 for measure in (DEV, TEST))),
    remark="Both arms take the same 100,000 steps. Without duplicates there are also fewer examples to learn from, "
    "which is part of the rise.",
)
