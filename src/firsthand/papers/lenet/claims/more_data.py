"""LeNet-5 with a quarter, a half and all of the images."""

from firsthand.claims import Arm, Claim, ordered
from firsthand.papers.lenet.errors import LENET, QUIET, TEST, TRAIN, errors

QUARTER, HALF = (
    Arm(f"{limit:,}", "laptop", {"data.limit": limit, "steps": 10 * steps, "eval_every": steps} | QUIET, paper)
    for limit, steps, paper in (
        (15_000, 235, {"test_error": 1.7, "train_error": 0.05}),
        (30_000, 469, {"test_error": 1.14, "train_error": 0.3}),
    )
)
ARMS = (QUARTER, HALF, LENET)
gain = TEST.of(QUARTER) / TEST.of(LENET)

CLAIM = Claim(
    key="more-data",
    kind="the paper's statement",
    statement="More training images lower the test error and raise the training error.",
    where="Fig. 6, read off to about 0.03",
    measures=(TEST, TRAIN),
    arms=ARMS,
    conditions=(
        ordered(TEST.of(LENET), TEST.of(HALF), TEST.of(QUARTER)),
        TRAIN.of(QUARTER) < TRAIN.of(LENET),
        (gain >= 1.5).saying("near the paper's ratio from below"),
        (gain <= 2.2).saying("and from above"),
    ),
    remark="LeNet-5 has all 55,000 images here, 60,000 in the paper. Each set is passed ten times, so that the smaller "
    "ones also get fewer steps and fit even their own images less well: that half of the statement would need as many "
    "steps for each. Distortions, the paper's 540,000 further images, are left out: it does not give their ranges.",
    figure=errors(ARMS, (TEST, TRAIN), "LeNet-5 by the number of training images"),
)
