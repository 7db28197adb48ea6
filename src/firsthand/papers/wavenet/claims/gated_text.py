"""Gated units and rectifiers on text."""

from firsthand.claims import Arm, Claim
from firsthand.papers.wavenet.losses import BOOK, PARAMETERS, VAL

GATED = Arm("gated", "laptop", BOOK | {"model.layers": 6})
RELU = Arm("relu", "laptop", BOOK | {"model.layers": 6, "model.unit": "relu", "model.gate": 45})

CLAIM = Claim(
    key="gated-text",
    kind="our question",
    statement="Gated units model text better than rectifiers.",
    where="our own question to sec. 2.3",
    measures=(VAL, PARAMETERS),
    arms=(GATED, RELU),
    conditions=(VAL.of(GATED) < VAL.of(RELU),),
    remark="The Time Machine, 300 steps; the gated arm is the six layers of the claim `reach`. The rectifiers end "
    "lower in every seed, by less than the seeds differ. Longer trainings would settle it.",
)
