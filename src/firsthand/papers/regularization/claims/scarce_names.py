"""What regularisers change for a name generator of 200 and of 2,000 names."""

from functools import partial

from firsthand.claims import Arm, Claim, each
from firsthand.papers.regularization.regularisers import bars, changes, regularisers
from firsthand.papers.regularization.training import FIVE

WITHOUT, CHANGE = changes("nats", 3)
FEW, MANY = (
    Arm(f"{count:,} names", experiment=regularisers, overrides={"task": "names", "examples": count, "steps": 1000})
    for count in (200, 2000)
)
L2, DROPOUT, BATCH_NORM, EARLY, TWICE = CHANGE.values()

CLAIM = Claim(
    key="scarce-names",
    kind="our question",
    statement="What regularises a name generator of few names does little, or harm, for one of many.",
    where="our own, on the network of the paper `mlp`",
    measures=(*WITHOUT, *CHANGE.values()),
    arms=(FEW, MANY),
    conditions=(
        each(L2.of(FEW), DROPOUT.of(FEW)) <= -0.03,
        each(L2.of(MANY), DROPOUT.of(MANY)) > -0.03,
        TWICE.of(FEW) < each(L2.of(FEW), DROPOUT.of(FEW), BATCH_NORM.of(FEW), EARLY.of(FEW)),
    ),
    seeds=FIVE,
    remark="100 tanh units on a window of three characters, 1,000 steps of batches of 64; embedded names, whose "
    "first names occur in many combinations. With 2,000 names 1,000 steps are less than three passes. The limit "
    "of 0.03 is ours.",
    figure=partial(bars, digits=3, label="change of the test loss (nats)", data="Names"),
)
