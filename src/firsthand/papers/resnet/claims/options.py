"""Three ways to shorten a path between shapes that differ."""

from functools import partial

from firsthand.claims import Arm, Claim
from firsthand.papers.resnet.digits import PLAIN_56, RES_56, SEEDS, TEST, TRAIN, digits, losses

B = Arm("option B", experiment=digits, overrides={"layers": 56, "shortcut": "B"})
C = Arm("option C", experiment=digits, overrides={"layers": 56, "shortcut": "C"})

CLAIM = Claim(
    key="options",
    kind="the paper's statement",
    statement="Options A, B and C differ little beside what separates them from a plain network.",
    where="sec. 4.1, Table 3: 25.03, 24.52 and 24.19 against 28.54 % (ImageNet, 34 layers)",
    measures=(TRAIN, TEST),
    arms=(PLAIN_56, RES_56, B, C),
    conditions=(
        abs(TEST.of(RES_56) - TEST.of(C)) < TEST.of(PLAIN_56) - TEST.of(RES_56),
        abs(TEST.of(RES_56) - TEST.of(B)) < TEST.of(PLAIN_56) - TEST.of(RES_56),
    ),
    seeds=SEEDS,
    remark="56 layers on small digits, as in the claims before; residual, 56 layers, is option A.",
    figure=partial(losses, title="56 layers on small digits"),
)
