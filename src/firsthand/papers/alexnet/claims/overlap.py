"""Pooling squares that overlap, and squares side by side."""

from firsthand.claims import Arm, Claim, on_average
from firsthand.claims.bench.errors import TEST, TRAIN, errors
from firsthand.papers.alexnet.ingredients import SIZE, ingredients

OVER = Arm("3x3 pixels, overlapping", experiment=ingredients)
BESIDE = Arm("2x2 pixels side by side", experiment=ingredients, overrides={"pool": 2})

CLAIM = Claim(
    key="overlap",
    kind="the paper's statement",
    statement="Pooling 3x3 pixels every 2 pixels lowers the test error against 2x2, and makes it harder to overfit.",
    where="Sec. 3.4: by 0.4 points (top-1) and 0.3 (top-5) on ImageNet",
    measures=(TEST, TRAIN),
    arms=(OVER, BESIDE),
    conditions=(
        on_average(TEST.of(OVER) <= TEST.of(BESIDE)),
        TRAIN.of(OVER) > TRAIN.of(BESIDE),
    ),
    remark=f"{SIZE} The maps have the same sizes either way. Nothing else acts against overfitting here.",
    figure=errors((OVER, BESIDE), "Pooling with and without overlap"),
)
