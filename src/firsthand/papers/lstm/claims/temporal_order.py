"""Which of two symbols came first, for the network and the rule of 1997."""

from functools import partial

from firsthand.claims import Arm, Claim, Measure, equal, limit_from, near_paper
from firsthand.claims.bench.adding import ERROR, SEQUENCES, SOLVED
from firsthand.papers.lstm.trials import learning, trials

WRONG = Measure("wrong", "wrong of 2,560", digits=1)
PUBLISHED = Arm(
    "as published",
    experiment=trials,
    overrides={"task": "temporal order"},
    paper={"solved": 1.0, "sequences": 31_390.0, "wrong": 1.0},
)

CLAIM = Claim(
    key="temporal-order",
    kind="the paper's number",
    statement="The network of 1997 learns in about 31,000 sequences in which order two symbols came, 40 steps apart "
    "and more.",
    where="1997, experiment 6a and table 9",
    measures=(SOLVED, SEQUENCES, WRONG, ERROR),
    arms=(PUBLISHED,),
    conditions=(
        near_paper(PUBLISHED, SEQUENCES, factor=2),
        *limit_from("paper", equal(SOLVED.of(PUBLISHED), 1)),
        (WRONG.of(PUBLISHED) <= 26).saying("1 % or less"),
    ),
    seeds=(0,),
    remark="Twenty networks, each with weights and sequences of its own, drawn from one seed: the paper's twenty "
    "trials. Two blocks of two cells, rate 0.5, input biases -2 and -4, truncated gradient, one update a sequence, "
    "60,000 sequences at most. A network stops at the criterion: left to run on, some lose it again. One did not meet "
    "it: the number of sequences is of the others, and those wrong are all its own.",
    figure=partial(learning, arm=PUBLISHED, top=0.6, title="Temporal order: the mean error of each network"),
)
