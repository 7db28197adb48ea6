"""Which estimator, and how many samples of z."""

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.papers.vae.learning import learn

TEST_1 = Measure("test 30000", "test bound after 3e4 samples (nats)", digits=1)
TEST = Measure("test 100000", "test bound after 1e5 samples (nats)", digits=1)
TRAIN = Measure("train 100000", "training bound after 1e5 samples (nats)", digits=1)


def arm(estimator: str, samples: int) -> Arm:
    """A smaller network, for the ten samples cost ten decoders."""
    options = {"estimator": estimator, "samples": samples, "hidden": 200, "latent": 10, "trained": 100_000}
    return Arm(f"{estimator}, L = {samples}", experiment=learn, overrides=options)


A, B, B_10 = arm("A", 1), arm("B", 1), arm("B", 10)

CLAIM = Claim(
    key="samples",
    kind="the paper's statement",
    statement="One sample of z for each picture is enough in batches of 100.",
    where="sec. 2.3",
    measures=(TEST_1, TEST, TRAIN),
    arms=(A, B, B_10),
    conditions=limit_from(
        "ours",
        TEST.of(B_10) - TEST.of(B) < 1,
        (TEST.of(A) < TEST.of(B) + 0.5).saying("estimator A is no better"),
    ),
    seeds=(3, 4, 5),
    remark="200 units, 10 latents, MNIST's bits drawn once, Adagrad at 0.02, 1e5 samples of x in batches of 100, two "
    "passes; the paper says that L = 1 was enough and gives no numbers. Ten samples of z cost ten passes through the "
    "decoder. The limit of a nat is ours.",
)
