"""With and without response normalisation, each at its own rate."""

from firsthand.claims import Arm, Claim, on_average
from firsthand.claims.bench.errors import TEST, TRAIN, errors
from firsthand.papers.alexnet.ingredients import SIZE, ingredients

WITH = Arm("with response normalisation", experiment=ingredients)
WITHOUT = Arm("without, a third of the rate", experiment=ingredients, overrides={"response_norm": False, "rate": 0.01})
ARMS = (WITH, WITHOUT)

CLAIM = Claim(
    key="response-norm",
    kind="the paper's statement",
    statement="Response normalisation lowers the test error.",
    where="Sec. 3.3: by 1.4 points (top-1) and 1.2 (top-5) on ImageNet, from 13 to 11 % on CIFAR-10",
    measures=(TEST, TRAIN),
    arms=ARMS,
    conditions=(
        on_average(TEST.of(WITH) <= TEST.of(WITHOUT)),
        TEST.of(WITH) < TEST.of(WITHOUT),
    ),
    remark=f"{SIZE} Nothing else acts against overfitting here. In two layers it divides by 2^0.75 or more; without it "
    "signals are larger, and the rate of the network with it is too high (a pilot run with another seed died): the "
    "conditions look at a rate of 0.01. VGG's authors found no gain (their table 3).",
    figure=errors(ARMS, "With and without response normalisation"),
)
