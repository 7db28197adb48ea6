"""Perceptrons in place of filters, at as many parameters and at as many maps."""

from functools import partial

from firsthand.claims import Claim, limit_from
from firsthand.claims.bench.errors import TEST, TRAIN, errors
from firsthand.papers.nin.photographs import PARAMETERS, SEEDS, SIZE, arm

IMAGES, STEPS = 10_000, 3000
network = partial(arm, images=IMAGES, steps=STEPS)
PERCEPTRONS = network("perceptrons")
FILTERS = network("filters, as many parameters", layers="parameters")
MAPS = network("filters, as many maps", layers="maps")
ARMS = (PERCEPTRONS, FILTERS, MAPS)

CLAIM = Claim(
    key="perceptrons",
    kind="the paper's statement",
    statement="A perceptron that slides over the image models its patches better than a linear filter does.",
    where="secs. 1 and 3.1; Table 1 has no network without perceptrons",
    measures=(TEST, TRAIN, PARAMETERS),
    arms=ARMS,
    conditions=limit_from(
        "paper",
        (TEST.of(PERCEPTRONS) < TEST.of(FILTERS)).saying("fewer test errors than filters of as many parameters"),
        (TEST.of(PERCEPTRONS) < TEST.of(MAPS)).saying("and than filters of as many maps"),
        (TRAIN.of(PERCEPTRONS) < TRAIN.of(FILTERS)).saying("it fits what it has seen better, too"),
    ),
    seeds=SEEDS,
    remark=SIZE.format(images=f"{IMAGES:,}", steps=f"{STEPS:,}")
    + " After ten passes no network has finished learning, and what is compared is mostly how fast they learn: longer "
    "training, and more width, would have to settle it.",
    figure=errors(ARMS, "Perceptrons and filters"),
)
