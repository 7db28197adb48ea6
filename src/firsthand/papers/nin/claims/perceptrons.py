"""Perceptrons in place of filters, at as many parameters."""

from firsthand.claims import Arm, Claim, limit_from
from firsthand.papers.nin.garments import DEAD, MEANS, PARAMETERS, SEEDS, SIZE, TEST, TRAIN, errors, garments

FILTERS = Arm("convolutions alone, means", experiment=garments, overrides={"mlpconv": False})

CLAIM = Claim(
    key="perceptrons",
    kind="the paper's statement",
    statement="A perceptron that slides over the image models its patches better than a linear filter does.",
    where="secs. 1 and 3.1; Table 1 has no network without perceptrons",
    measures=(TEST, TRAIN, PARAMETERS),
    arms=(MEANS, FILTERS),
    conditions=limit_from("paper", TEST.of(MEANS) < TEST.of(FILTERS), TRAIN.of(MEANS) < TRAIN.of(FILTERS)),
    seeds=SEEDS,
    remark=f"{SIZE} The paper compares with other networks (maxout, 11.68 % on CIFAR-10), not with its own less the "
    f"perceptrons. {DEAD}",
    figure=errors((MEANS, FILTERS), "Narrow networks with and without 1x1 convolutions"),
)
