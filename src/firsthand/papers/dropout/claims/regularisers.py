"""Table 9: the same network without a regulariser, with L2, max-norm, dropout, and dropout with max-norm."""

from firsthand.claims import Claim, largest, limit_from, on_average, smallest
from firsthand.papers.dropout.digits import BOTH, DROPOUT, L2, MAX_NORM, NONE, TEST, TRAIN, VAL

CLAIM = Claim(
    key="regularisers",
    kind="the paper's statement",
    statement="Dropout makes fewer mistakes than max-norm, max-norm than L2; dropout with max-norm the fewest.",
    where="sec. 6.5, Table 9: 1.62 (L2), 1.35 (max-norm), 1.25 (dropout) and 1.05 % (both), with 60,000 images",
    measures=(TEST, VAL, TRAIN),
    arms=(NONE, L2, MAX_NORM, DROPOUT, BOTH),
    conditions=limit_from(
        "paper",
        (largest(TEST.of(DROPOUT, BOTH)) < smallest(TEST.of(NONE, L2, MAX_NORM))).saying("both below all others"),
        on_average(TEST.of(BOTH) < TEST.of(DROPOUT)).saying("the limit adds to it"),
        on_average(TEST.of(MAX_NORM) < TEST.of(L2)),
        on_average(TEST.of(L2) < TEST.of(NONE)),
    ),
    remark="5,000 images, 784-512-512-10 and 3,000 updates, after which the networks without dropout have learned all "
    "images and those with it nearly all; the paper took 60,000, 784-1024-1024-2048-10 and a million updates. Rates, "
    "strengths and max-norm's c were chosen among one to three values by the validation error of another seed. Dropout "
    "alone wins with every seed. Max-norm is to make a larger rate safe, which 3,000 updates need little; a longer "
    "training, with c and the rate tuned together, would settle whether it adds to dropout.",
)
