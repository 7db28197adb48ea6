"""Means of the class maps, and a linear layer in their place."""

from functools import partial

from firsthand.claims import Claim, limit_from
from firsthand.claims.bench.errors import TEST, TRAIN, errors
from firsthand.papers.nin.photographs import SEEDS, SIZE, arm

IMAGES, STEPS = 3000, 2000
network = partial(arm, images=IMAGES, steps=STEPS)
MEANS = network("means")
LINEAR = network("a linear layer", head="linear")
SILENCED = network("a linear layer with dropout", head="linear", head_dropout=0.5)
ARMS = (MEANS, LINEAR, SILENCED)

CLAIM = Claim(
    key="pooling",
    kind="the paper's statement",
    statement="Global average pooling makes fewer test errors than a linear layer does, with dropout or without.",
    where="sec. 4.6 and Table 5 (CIFAR-10)",
    measures=(TEST, TRAIN),
    arms=ARMS,
    conditions=limit_from(
        "paper",
        (TEST.of(MEANS) < TEST.of(LINEAR)).saying("fewer than a linear layer"),
        (TEST.of(MEANS) < TEST.of(SILENCED)).saying("and than one with dropout"),
        (TRAIN.of(MEANS) > TRAIN.of(LINEAR)).saying("it fits what it has seen less well"),
    ),
    seeds=SEEDS,
    remark=SIZE.format(images=f"{IMAGES:,}", steps=f"{STEPS:,}")
    + " Of 3,000 photographs the linear layer learns nearly all by heart, the means do not; its dropout is ahead here.",
    figure=errors(ARMS, "Heads on the same class maps"),
)
