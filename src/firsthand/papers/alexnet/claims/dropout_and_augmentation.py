"""Dropout, random crops and mirror images, each alone and together."""

from firsthand.claims import Arm, Claim, on_average
from firsthand.claims.bench.errors import TEST, TRAIN, errors
from firsthand.papers.alexnet.ingredients import SIZE, gap, ingredients

NEITHER = Arm("neither", experiment=ingredients)
ONE = Arm("dropout", experiment=ingredients, overrides={"dropout": 0.5})
OTHER = Arm("crops and mirror images", experiment=ingredients, overrides={"crops": True})
ARMS = (NEITHER, ONE, OTHER)

CLAIM = Claim(
    key="dropout-and-augmentation",
    kind="the paper's statement",
    statement="Dropout, and crops and mirror images, each reduce overfitting.",
    where="Secs. 4.1 and 4.2: without them the network overfits substantially; dropout takes twice the steps",
    measures=(TEST, TRAIN),
    arms=ARMS,
    conditions=(
        (gap(ONE, OTHER) < gap(NEITHER)).saying("each alone narrows the gap between test and training error"),
        on_average(TEST.of(ONE) <= TEST.of(NEITHER)),
        on_average(TEST.of(OTHER) <= TEST.of(NEITHER)),
    ),
    remark=f"{SIZE} The paper crops 224 of 256 pixels and also changes colours, which grey garments do not have; here "
    "28 of 32 pixels, of which 2 on every side are the mean image. Both narrow the gap, also by more training errors: "
    "300 steps are few, and in a pilot run the pictures that are made anew were far from learned. Dropout's test error "
    "is lower on the mean, but three seeds differ too much for a verdict; longer training would settle both.",
    figure=errors(ARMS, "Against overfitting"),
)
