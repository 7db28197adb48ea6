"""The one-layer network with batch norm, by the lecture's recipe."""

from firsthand.claims import Arm, Claim, limit_from, near_paper
from firsthand.papers.mlp.losses import DEV

NORMED = Arm("batch norm", "lecture", {"model.batch_norm": "hidden"}, {"val_loss": 2.1048})
KAIMING = Arm("Kaiming, no batch norm", "lecture")

CLAIM = Claim(
    key="normalised",
    kind="a secondary number",
    statement="With batch norm the one-layer network ends at 2.1048 nats, no lower than with good first weights.",
    where="makemore part 3, the log at the notebook's end",
    measures=(DEV,),
    arms=(NORMED, KAIMING),
    conditions=(
        *limit_from("ours", near_paper(NORMED, DEV, by=0.01)),
        (abs(DEV.of(NORMED) - DEV.of(KAIMING)) <= 0.01).saying("batch norm changes little here"),
    ),
    remark="The printed loss rests on one seed; a second run of the notebook has 2.1057. A hundredth is allowed, as in "
    "`first-weights`, whose numbers for Kaiming's scale stand there.",
)
