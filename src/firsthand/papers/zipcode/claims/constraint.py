"""LeNet-1 beside fully-connected networks of as many weights, and of more."""

from firsthand.claims import Claim, limit_from
from firsthand.papers.zipcode.reading import LENET_1, ONE, TEST, TRAIN, WEIGHTS, arm

WIDTHS = tuple(arm(f"256-{hidden}-10", "fully-connected", hidden=hidden) for hidden in (10, 40, 120))

CLAIM = Claim(
    key="constraint",
    kind="the paper's statement",
    statement="A network constrained by what is known of images generalises better than any fully-connected one.",
    where="sec. 4, and LeCun et al. (1989)",
    measures=(TEST, TRAIN, ONE, WEIGHTS),
    arms=(LENET_1, *WIDTHS),
    conditions=limit_from(
        "ours",
        (TEST.of(LENET_1) + 2 <= TEST.of(*WIDTHS)).saying("at least two points better than each"),
        ONE.of(LENET_1) < ONE.of(*WIDTHS),
        (TRAIN.of(WIDTHS[2]) < TRAIN.of(LENET_1)).saying("though the widest fits its training digits better"),
    ),
    remark="The same digits, 30 passes, rates, squashing and first weights of ±2.4/F for all; no rate was sought for "
    "any of them. The fully-connected ones read the 16x16 pixels without a border. The widest network fits its "
    "training digits no better than LeNet-1: after 30 passes at these rates it is not at its end, and a rate of"
    " its own would settle it.",
)
