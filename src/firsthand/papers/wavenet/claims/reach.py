"""Language models of The Time Machine by their receptive field, with dilation and without."""

from firsthand.claims import Arm, Claim, ordered
from firsthand.papers.wavenet.losses import BOOK, PARAMETERS, VAL

ONE, TWO, THREE, FOUR, SIX = (
    Arm(name, "laptop", BOOK | {"model.layers": int(name[0])})
    for name in ("1 layer", "2 layers", "3 layers", "4 layers", "6 layers")
)
PLAIN = Arm("6 layers, no dilation", "laptop", BOOK | {"model.layers": 6, "model.growth": 1})

CLAIM = Claim(
    key="reach",
    kind="the paper's statement",
    statement="A longer receptive field helps, and dilation is the cheap way to it.",
    where="sec. 2.1 and 3.3; there on sound, here on The Time Machine, character by character",
    measures=(VAL, PARAMETERS),
    arms=(ONE, TWO, THREE, FOUR, SIX, PLAIN),
    conditions=(
        ordered(*(VAL.of(arm) for arm in (FOUR, THREE, TWO, ONE))).saying("from 16 characters to 2"),
        (abs(VAL.of(FOUR) - VAL.of(SIX)) < VAL.of(TWO) - VAL.of(THREE)).saying(
            "from 16 to 64 characters the loss moves by less than from 4 to 8"
        ),
        (VAL.of(PLAIN) > VAL.of(SIX)).saying("without dilation, with 7 characters in place of 64, it is higher"),
    ),
    remark="300 steps of 32 x 64 characters. Every stack has the same width, so that deeper ones also have more "
    "weights; the two of six layers have as many. Six layers without dilation are better in every seed. A guess: in so "
    "short a training the near past counts, which they process six times, and a dilated layer only at the bottom of "
    "its block. Longer trainings, and a text with longer dependencies, would settle it.",
)
