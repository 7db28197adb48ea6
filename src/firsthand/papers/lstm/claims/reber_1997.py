"""The embedded Reber grammar, with the network and the rule of 1997."""

from functools import partial

from firsthand.claims import Arm, Claim
from firsthand.claims.bench.adding import SEQUENCES, SOLVED
from firsthand.figures.style import BLUE, RED
from firsthand.papers.lstm.grammar import FAR, MEASURES, reber_1997, shares

PUBLISHED = Arm(
    "as published", experiment=reber_1997, overrides={"nets": 30}, paper={"solved": 1.0, "sequences": 8440.0}
)
SIMPLER = Arm("simpler", experiment=reber_1997, overrides={"nets": 30, "simpler": True})

CLAIM = Claim(
    key="reber-1997",
    kind="the paper's number",
    statement="The network of 1997 learns the embedded Reber grammar nearly always, in about 8,440 strings.",
    where="1997, experiment 1 and table 1: 3 blocks of 2 cells, rate 0.5",
    measures=MEASURES,
    arms=(PUBLISHED, SIMPLER),
    conditions=(
        SOLVED.of(PUBLISHED) >= 0.9,
        SEQUENCES.of(PUBLISHED) >= 4000,
        SEQUENCES.of(PUBLISHED) <= 25_000,
        FAR.of(PUBLISHED) >= 0.8,
        (FAR.of(SIMPLER) >= 0.8).saying("gates that do not feed back, outputs with biases"),
    ),
    seeds=(0,),
    remark="Thirty networks from one seed, as the paper's thirty trials; 20,000 strings at most, one update a "
    "string, each network with its own 256 strings and 256 others; its far symbol counts as right if it is in 95 % of "
    "the strings. Scores are the best of those taken every 500 strings. Something of the authors' experiment is not in "
    "the text: the same code solves temporal order in the paper's number of sequences, and its gradients equal "
    "autograd's. With the full gradient many more succeed: see the next claim.",
    figure=partial(shares, colours=(RED, BLUE)),
)
