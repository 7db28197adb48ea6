"""Whether the average is above 0.5: the paper's artificial data as two classes."""

from torch import Generator

from firsthand.claims import Claim, Measure, near_paper, ordered
from firsthand.papers.birnn.artificial import arms
from firsthand.papers.birnn.sequences import stream

MEAN = Measure("mean", "right, mean of 8 networks (%)", 100.0, 1)
MEDIAN = Measure("median", "right, median (%)", 100.0, 1)
BEST = Measure("best", "right, best (%)", 100.0, 1)
FOR, BACK, MERGE, BRNN = ARMS = arms("classes", mean=(80.0, 72.0, 87.7, 91.1))
NO = sum((stream(10_000, Generator().manual_seed(seed))[1] <= 0.5).float().mean().item() for seed in range(3)) / 3

CLAIM = Claim(
    key="classes",
    kind="the paper's statement",
    statement="Asked whether the average is above 0.5, the networks come in the same order.",
    where="section III.A, figure 5, without delay",
    measures=(MEAN, MEDIAN, BEST),
    arms=tuple(ARMS),
    conditions=(
        ordered(*(MEDIAN.of(arm).called(arm.name) for arm in (BACK, FOR, MERGE, BRNN))).saying("the median shares"),
        *(near_paper(arm, MEAN, by=3) for arm in ARMS),
    ),
    remark="As in the claim on structure, with the cross-entropy; merged is the normalised geometric mean of two "
    "networks' probabilities, the paper's logarithmic opinion pool. Always saying no is right "
    f"{100 * NO:.0f} % of the time. Our means are compared with the paper's; before, our medians were.",
)
