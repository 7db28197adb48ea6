"""The first weights of the one-layer network, with one fault fewer at each stage."""

from firsthand.claims import Arm, Claim, limit_from, near_paper
from firsthand.papers.mlp.losses import DEV

NORMAL = Arm("original", "lecture", {"model.init": "normal", "model.gain": 1.0}, {"val_loss": 2.1682})
LOGITS = Arm("small logits", "lecture", {"model.init": "small-logits", "model.gain": 1.0}, {"val_loss": 2.13})
TANH = Arm("small tanh", "lecture", {"model.init": "small-tanh", "model.gain": 1.0}, {"val_loss": 2.1027})
KAIMING = Arm("Kaiming", "lecture", {}, {"val_loss": 2.1070})
ARMS = (NORMAL, LOGITS, TANH, KAIMING)
normal, logits, tanh, kaiming = (DEV.of(arm) for arm in ARMS)

CLAIM = Claim(
    key="first-weights",
    kind="a secondary number",
    statement="Over-confident logits and saturated tanh units cost more than 0.06 nats even after 200,000 steps.",
    where="makemore part 3, the log at the notebook's end",
    measures=(DEV,),
    arms=ARMS,
    conditions=(
        *limit_from("paper", (normal - tanh > 0.06).saying("both faults together")),
        (normal - logits >= 0.02).saying("confident logits"),
        (logits - tanh >= 0.015).saying("saturated tanh units"),
        abs(tanh - kaiming) <= 0.01,
        *(near_paper(arm, DEV, by=0.01) for arm in ARMS),
    ),
    remark="The lectures draw weights and batches from one generator with one seed; ours are other draws, so that "
    "the seeds show how much luck there is. Each fault costs something with every seed, both 0.046 to 0.059: the "
    "lectures' 0.0655 rests on one run of the first stage, and two of our three end 0.016 below it. Judged on means "
    "until every seed had to hold; the first condition was added then.",
)
