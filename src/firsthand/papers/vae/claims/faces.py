"""Figure 2, Frey faces: the bound for 2 to 20 latents, with a Gaussian decoder."""

from functools import partial

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.papers.vae.learning import growth, learn

TEST = Measure("test 1000000", "test bound after 1e6 samples (nats)", digits=0)
TRAIN = Measure("train 1000000", "training bound after 1e6 samples (nats)", digits=0)
GAP = Measure("gap", "training minus test bound (nats)", digits=0)
ACTIVE = Measure("active", "latents with a KL above 0.01 nats", digits=1)


def arm(latent: int, test: float) -> Arm:
    """Figure 2's number at 1e6 samples."""
    options = {"faces": True, "latent": latent, "hidden": 200}
    return Arm(f"{latent} latents", experiment=learn, overrides=options, paper={TEST.name: test})


ARMS = (arm(2, 673.0), arm(5, 761.0), arm(10, 792.0), arm(20, 754.0))
TWO, FIVE, TEN, TWENTY = ARMS


CLAIM = Claim(
    key="faces",
    kind="the paper's statement",
    statement="On Frey faces, too, more latents do not overfit.",
    where="sec. 5, fig. 2, Frey faces",
    measures=(TEST, TRAIN, GAP, ACTIVE),
    arms=ARMS,
    conditions=(
        *limit_from("paper", TEST.of(TWENTY) >= TEST.of(TEN) - 40, TEST.of(FIVE) >= TEST.of(TWO) + 40),
        *limit_from("paper", TEST.of(TEN) >= TEST.of(TWO) + 60),
    ),
    seeds=(3, 4, 5),
    remark="200 tanh units a side, 10^6 samples (640 passes over 1,565 faces) of figure 2's 10^8, from which the "
    "paper's numbers are read (to 5 nats). How it scales pixels is not said; ours are grey levels from 0 to 1 "
    "and deviations of at least e^-4, and log densities depend on both. Nothing overfits; of 20 latents "
    "one seed of three is lower than the condition allows, and two are higher than most of 10 latents.",
    figure=partial(
        growth,
        arms=ARMS,
        least=45,
        ylim=(0, None),
        title="Frey faces: bound on test (solid) and training faces (dashed); ◇ figure 2, test",
    ),
)
