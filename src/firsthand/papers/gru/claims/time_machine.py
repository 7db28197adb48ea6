"""The Time Machine, read by two forms of the unit: the numbers of a book."""

from functools import partial

from firsthand.claims import Arm, Claim, near_paper
from firsthand.claims.bench.book import DRAWS, PLOTS, TRAIN, VAL, printed
from firsthand.claims.bench.perplexity import perplexities

TORCH = Arm("nn.GRU's form and first weights", "paper", paper=printed(4.94, 6.55))
SCRATCH = Arm("the book's own", "paper", {"model.init": "normal", "model.reset": "before"}, paper=printed(5.73, 6.74))

CLAIM = Claim(
    key="time-machine",
    kind="a secondary number",
    statement="A GRU of 32 units reads The Time Machine to a perplexity below 6.8 on text that it has not seen.",
    where="Dive into Deep Learning, section 10.2, the plots of its notebooks",
    measures=(TRAIN, VAL),
    arms=(TORCH, SCRATCH),
    conditions=(near_paper(TORCH, TRAIN, VAL, by=0.3), near_paper(SCRATCH, TRAIN, VAL, by=0.3)),
    remark=f"{PLOTS} {DRAWS} The two forms differ in the place of the reset gate and in the first weights: "
    "U(±1/sqrt(32)), biases too, against N(0, 0.01^2) and biases of 0.",
    figure=partial(perplexities, arms=(TORCH, SCRATCH), title="Two forms of the unit, two sets of first weights"),
)
