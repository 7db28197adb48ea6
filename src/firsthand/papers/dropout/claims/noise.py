"""Bernoulli masks beside Gaussian noise of the same mean and variance."""

from firsthand.claims import Arm, Claim, on_average
from firsthand.papers.dropout.digits import DROPOUT, TEST, TRAIN, VAL

BERNOULLI = Arm("Bernoulli", DROPOUT.preset, DROPOUT.overrides, {"test_error": 1.08})
GAUSSIAN = Arm("Gaussian", "scarce", {"model.noise": "gaussian"}, {"test_error": 0.95})

CLAIM = Claim(
    key="noise",
    kind="the paper's statement",
    statement="Gaussian noise on the units works as well as leaving them out, or better.",
    where="sec. 10, Table 10",
    measures=(TEST, VAL, TRAIN),
    arms=(BERNOULLI, GAUSSIAN),
    conditions=(
        (TEST.of(GAUSSIAN) <= TEST.of(BERNOULLI) + 0.2).saying("as well, to a standard error of 10,000 images at 4 %"),
        on_average(TEST.of(GAUSSIAN) < TEST.of(BERNOULLI)).saying("better"),
    ),
    remark="5,000 images and 784-512-512-10, where the paper has 60,000, two layers of 1024 and ten seeds. The rate, 0.1, "
    "was chosen for Bernoulli masks with weights scaled at test time; the same rate with Gaussian noise is a higher one.",
)
