"""The Time Machine, read from two sets of first weights: the numbers of a book."""

from functools import partial

from firsthand.claims import Arm, Claim, near_paper
from firsthand.claims.bench.book import DRAWS, PLOTS, TRAIN, VAL, printed
from firsthand.claims.bench.perplexity import perplexities

TORCH = Arm("nn.LSTM's first weights", "paper", paper=printed(5.76, 6.69))
SCRATCH = Arm("the book's own", "paper", {"model.init": "normal"}, paper=printed(6.94, 7.41))

CLAIM = Claim(
    key="time-machine",
    kind="a secondary number",
    statement="An LSTM of 32 cells reads The Time Machine to a perplexity below 7 on text that it has not seen.",
    where="Dive into Deep Learning, section 10.1, the plots of its notebooks",
    measures=(TRAIN, VAL),
    arms=(TORCH, SCRATCH),
    conditions=(
        *(near_paper(arm, measure, by=by) for arm in (TORCH, SCRATCH) for measure, by in ((VAL, 0.3), (TRAIN, 0.4))),
        VAL.of(TORCH) < VAL.of(SCRATCH),
        TRAIN.of(TORCH) < TRAIN.of(SCRATCH),
    ),
    remark=f"{PLOTS} {DRAWS} nn.LSTM starts from U(±1/sqrt(32)), biases too, the book's own code from N(0, 0.01^2) and "
    "biases of 0: nothing else differs, and at first all gates stand at a half.",
    figure=partial(perplexities, arms=(TORCH, SCRATCH), title="The same network from two sets of first weights"),
)
