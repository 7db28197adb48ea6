"""Means of the class maps, and a linear layer in their place."""

from firsthand.claims import Arm, Claim, limit_from
from firsthand.papers.nin.garments import DEAD, MEANS, SEEDS, SIZE, TEST, TRAIN, errors, garments

LINEAR = Arm("perceptrons, linear", experiment=garments, overrides={"head": "linear"})
SILENCED = Arm(
    "perceptrons, linear with dropout", experiment=garments, overrides={"head": "linear", "head_dropout": 0.5}
)
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
    remark=f"{SIZE} {DEAD}",
    figure=errors(ARMS, "Heads on the same class maps"),
)
