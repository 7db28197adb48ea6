"""More plain layers, worse on the training set."""

from functools import partial

from firsthand.claims import Claim
from firsthand.papers.resnet.digits import PLAIN_20, PLAIN_56, SEEDS, TEST, TRAIN, losses

CLAIM = Claim(
    key="degradation",
    kind="the paper's statement",
    statement="A plain network of 56 layers has a higher training loss than one of 20, though it could copy it.",
    where="sec. 1, Fig. 1; sec. 4.2, Fig. 6 left (CIFAR-10)",
    measures=(TRAIN, TEST),
    arms=(PLAIN_20, PLAIN_56),
    conditions=(
        TRAIN.of(PLAIN_56) > TRAIN.of(PLAIN_20),
        TEST.of(PLAIN_56) > TEST.of(PLAIN_20),
    ),
    seeds=SEEDS,
    remark="Half the published width, 4,000 of MNIST's digits at 14x14 pixels and 500 steps; the paper trained for "
    "64,000 steps on CIFAR-10, so its errors have no place in the table.",
    figure=partial(losses, title="Plain networks on small digits"),
)
