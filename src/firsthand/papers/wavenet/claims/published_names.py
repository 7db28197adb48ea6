"""The networks of makemore part 5 on its names, by a recipe that takes a fraction of the notebook's time."""

from firsthand.claims import Arm, Claim
from firsthand.papers.wavenet.losses import PARAMETERS, TEST, TRAIN, VAL

PRESET, FLAT = "hierarchy-laptop", {"model.embed": 10, "model.hidden": 200}
SHORT = Arm("3 characters", PRESET, {"model.fuse": (3,), **FLAT})
LONG = Arm("8, flat", PRESET, {"model.fuse": (8,), **FLAT})
TREE = Arm("8, tree", PRESET, {"model.embed": 10, "model.hidden": 68})
LARGE = Arm("8, large tree", PRESET)

CLAIM = Claim(
    key="published-names",
    kind="the paper's statement",
    statement="makemore's names: more context saves most, a tree of equal size nothing, a larger tree a little.",
    where="makemore part 5, performance log",
    measures=(TRAIN, VAL, TEST, PARAMETERS),
    arms=(SHORT, LONG, TREE, LARGE),
    conditions=(
        (VAL.of(SHORT) - VAL.of(LONG) >= 0.06).saying("eight characters save over three"),
        (abs(VAL.of(LONG) - VAL.of(TREE)) < 0.01).saying("flat or a tree is the same"),
        (VAL.of(TREE) - VAL.of(LARGE) >= 0.02).saying("size saves"),
    ),
    remark="The notebook's networks, data and split, but not its recipe, which the claim `notebook` has: AdamW takes "
    "3,600 larger steps in a fraction of the time. It ends below the notebook with the large tree, and above it with "
    "the small one. A condition on the printed losses stood first here until they had a claim of their own.",
)
