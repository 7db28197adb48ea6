"""Twenty layers with and without their residual and skip connections."""

from firsthand.claims import Arm, Claim
from firsthand.papers.wavenet.losses import BOOK, PARAMETERS, VAL

DEEP = BOOK | {"model.residual": 16, "model.gate": 16, "model.skip": 32, "model.layers": 5, "model.blocks": 4}
BOTH = Arm("both", "laptop", DEEP)
NO_RESIDUALS = Arm("no residuals", "laptop", DEEP | {"model.shortcuts": False})
NO_SKIPS = Arm("no skips", "laptop", DEEP | {"model.skips": False})
NEITHER = Arm("neither", "laptop", DEEP | {"model.shortcuts": False, "model.skips": False})

CLAIM = Claim(
    key="shortcuts",
    kind="the paper's statement",
    statement="Residual and skip connections speed up convergence and enable much deeper networks.",
    where="sec. 2.4",
    measures=(VAL, PARAMETERS),
    arms=(BOTH, NO_RESIDUALS, NO_SKIPS, NEITHER),
    conditions=(
        VAL.of(NEITHER) - VAL.of(BOTH) >= 0.1,
        VAL.of(NO_RESIDUALS) > VAL.of(BOTH),
        VAL.of(NO_SKIPS) > VAL.of(BOTH),
    ),
    remark="The Time Machine, 300 steps, four blocks of 1, 2, 4, 8, 16: twenty layers. The paper shows no such "
    "comparison. Without skips the two output layers see the last layer alone.",
)
