"""Pre-trained or from scratch, with few labels and with more."""

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.papers.bert.parts import parts_of_speech

FEW, SOME, MANY = (
    Measure(f"tuned_{count}", f"finer parts right after {count:,} sentences (%)", digits=1)
    for count in (100, 500, 2000)
)
TRAINED = Arm("pre-trained", experiment=parts_of_speech)
SCRATCH = Arm("from scratch", experiment=parts_of_speech, overrides={"steps": 0})

CLAIM = Claim(
    key="few-labels",
    kind="the paper's statement",
    statement="Pre-training pays when labels are few: a fine-tuned network says more than the same one from scratch.",
    where="section 5.2 and tables 1 and 6, there with 2,500 labels and more",
    measures=(FEW, SOME, MANY),
    arms=(TRAINED, SCRATCH),
    conditions=(
        *limit_from(
            "paper",
            (FEW.of(TRAINED) > FEW.of(SCRATCH)).saying("with 100 sentences"),
            (SOME.of(TRAINED) > SOME.of(SCRATCH)).saying("with 500 sentences"),
        ),
        (MANY.of(TRAINED) - MANY.of(SCRATCH) < FEW.of(TRAINED) - FEW.of(SCRATCH)).saying("the gain shrinks"),
    ),
    seeds=(3, 4, 5),
    remark="Far smaller than the paper: two layers of width 32, pre-trained on the Brown corpus as coarse parts of "
    "speech, are fine-tuned to say finer ones, such as past tense or participle, of words whose coarse part leaves a "
    "choice. Both have 200 steps of 32 sentences, whose number is what varies, and the same rate. The gain "
    "does not shrink up to 2,000 sentences: in so few steps the network from scratch does not get out of them what "
    "they hold. More steps and more labels would show where it shrinks.",
)
