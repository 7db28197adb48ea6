"""With and without response normalisation."""

from firsthand.claims import Arm, Claim, on_average
from firsthand.papers.alexnet.ingredients import PRESET, SIZE, TEST, TRAIN, errors

WITH = Arm("with response normalisation", PRESET)
WITHOUT = Arm("without response normalisation", PRESET, {"model.response_norm": False})

CLAIM = Claim(
    key="response-norm",
    kind="the paper's statement",
    statement="Response normalisation lowers the test error.",
    where="Sec. 3.3: by 1.4 points (top-1) and 1.2 (top-5) on ImageNet, from 13 to 11 % on CIFAR-10",
    measures=(TEST, TRAIN),
    arms=(WITH, WITHOUT),
    conditions=(
        on_average(TEST.of(WITH) <= TEST.of(WITHOUT)),
        TEST.of(WITH) < TEST.of(WITHOUT),
    ),
    remark=f"{SIZE} Nothing else acts against overfitting here. VGG's authors found no gain (their table 3).",
    figure=errors((WITH, WITHOUT), "With and without response normalisation"),
)
