"""Shakespeare's characters by nanoGPT's settings for a computer without a GPU."""

from firsthand.claims import Arm, Claim, Measure, near_paper

LOSS = Measure("val_loss", "validation loss (nats a character)")
NANOGPT = Arm("nanoGPT's settings", "cpu", paper={LOSS.name: 1.88})

CLAIM = Claim(
    key="shakespeare",
    kind="a secondary number",
    statement="A small network reaches a loss of 1.88 on Shakespeare's characters within minutes, without a GPU.",
    where="nanoGPT's README, the settings for a MacBook",
    measures=(LOSS,),
    arms=(NANOGPT,),
    conditions=(near_paper(NANOGPT, LOSS, by=0.05),),
    remark="nanoGPT has GELU for our rectifier, ties the output to the embedding, and writes no biases; its loss "
    "comes from 20 batches, ours from 100,000 characters. At first only more than 0.05 above its loss was a failure; "
    "since then more than 0.05 below it is one too.",
)
