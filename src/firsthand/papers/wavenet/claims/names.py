"""The convolutional network on whole Indian names."""

from firsthand.claims import Arm, Claim
from firsthand.papers.mlp.losses import PRINTED
from firsthand.papers.wavenet.losses import PARAMETERS, TEST, VAL

ALL = Arm("all names", "names")
ONCE = Arm("each name once", "names", {"data.deduplicate": True})

CLAIM = Claim(
    key="names",
    kind="our question",
    statement="Convolutions over whole names beat three characters of context on the Indian names.",
    where="our own question; the DL-101 course notes have a network that sees three characters",
    measures=(VAL, TEST, PARAMETERS),
    arms=(ALL, ONCE),
    conditions=(
        TEST.of(ALL) <= 1.40,
        TEST.of(ONCE) >= TEST.of(ALL) + 0.2,
    ),
    remark=f"The course prints a test loss of {PRINTED[TEST.name]:g} for three characters, on the same names. About "
    "half of the held-out names stand in the training set as well, so that the first arm rewards memory; the second "
    "is about new names.",
)
