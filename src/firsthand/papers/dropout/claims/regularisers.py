"""Table 9: the same network without a regulariser, with L2, max-norm, dropout, and dropout with max-norm."""

from firsthand.claims import Claim, largest, limit_from, on_average, smallest
from firsthand.papers.dropout.digits import BOTH, DROPOUT, L2, MAX_NORM, NONE, TEST, TRAIN, VAL

CLAIM = Claim(
    key="regularisers",
    kind="the paper's statement",
    statement="Dropout makes fewer mistakes than max-norm, max-norm than L2; dropout with max-norm the fewest.",
    where="sec. 6.5, Table 9",
    measures=(TEST, VAL, TRAIN),
    arms=(NONE, L2, MAX_NORM, DROPOUT, BOTH),
    conditions=limit_from(
        "paper",
        (largest(TEST.of(DROPOUT, BOTH)) < smallest(TEST.of(NONE, L2, MAX_NORM))).saying("either is below all others"),
        on_average(TEST.of(BOTH) < TEST.of(DROPOUT)).saying("with max-norm dropout is better"),
        on_average(TEST.of(MAX_NORM) < TEST.of(L2)),
        on_average(TEST.of(L2) < TEST.of(NONE)),
    ),
)
