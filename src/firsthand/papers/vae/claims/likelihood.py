"""Figure 3: the likelihood of three latents after learning from few pictures, and from all."""

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.papers.vae.learning import learn

TRAIN = Measure("train likelihood", "log p(x), 1,000 training pictures (nats)", digits=1)
TEST = Measure("test likelihood", "log p(x), 1,000 test pictures (nats)", digits=1)
BOUND = Measure("test 1000000", "test bound (nats)", digits=1)
OPTIONS = {"latent": 3, "hidden": 100, "sampled": 1000}
FEW = Arm(
    "1,000 pictures",
    experiment=learn,
    overrides=OPTIONS | {"pictures": 1000},
    paper={TRAIN.name: -109.1, TEST.name: -143.2},
)
ALL = Arm("50,000 pictures", experiment=learn, overrides=OPTIONS, paper={TRAIN.name: -131.1, TEST.name: -138.1})

CLAIM = Claim(
    key="likelihood",
    kind="the paper's statement",
    statement="Learned from 1,000 digits the network fits them far better than new ones; from 50,000 it does not.",
    where="sec. 5, fig. 3; app. D and E",
    measures=(TRAIN, TEST, BOUND),
    arms=(FEW, ALL),
    conditions=(
        *limit_from("paper", TRAIN.of(FEW) - TEST.of(FEW) > 2 * (TRAIN.of(ALL) - TEST.of(ALL))),
        *limit_from("paper", TEST.of(ALL) > TEST.of(FEW)),
        *limit_from("theory", TEST.of(FEW, ALL) > BOUND.of(FEW, ALL)),
    ),
    seeds=(3, 4, 5),
    remark="",
)
