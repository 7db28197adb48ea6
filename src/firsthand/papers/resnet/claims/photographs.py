"""The same four networks on CIFAR-10 itself."""

from functools import partial
from statistics import fmean
from typing import Literal

from firsthand.claims import Arm, Claim, Outcome
from firsthand.claims.bench.training import Training
from firsthand.options import override
from firsthand.papers.resnet.digits import EVERY, SEEDS, TEST, TRAIN, losses
from firsthand.papers.resnet.recipe import PRESETS

LAST = 50  # steps over which the training loss is averaged


def photographs(layers: int = 20, shortcut: Literal["A", "none"] = "none", steps: int = 1000, seed: int = 0) -> Outcome:
    """Train a network of section 4.2 at half its width on CIFAR-10, by the preset paper but for batch and steps.

    Args:
        layers: weighted layers, 6n + 2.
        shortcut: option A, or none for a plain network.
        steps: with 64 pictures each, the rate divided by ten after 1/2 and 3/4 of them.
        seed: of weights, order and augmentation.
    """
    size = {"model.blocks": ((layers - 2) // 6,) * 3, "model.width": 8, "model.shortcut": shortcut}
    length = {"steps": steps, "batch": 64, "schedule.drops": (steps // 2, steps * 3 // 4)}
    training = Training(override(PRESETS["paper"], size | length | {"seed": seed}))
    found = [loss for _, loss in training.steps(steps)][:-1]
    curve = [fmean(found[i : i + EVERY]) for i in range(0, steps, EVERY)]
    return {
        "train_loss": fmean(found[-LAST:]),
        "test_error": training.score("test")["error"],
        "curve": curve,
    }


def arm(name: str, layers: int, shortcut: str) -> Arm:
    """One network."""
    return Arm(name, experiment=photographs, overrides={"layers": layers, "shortcut": shortcut})


PLAIN_20, PLAIN_56 = arm("plain, 20 layers", 20, "none"), arm("plain, 56 layers", 56, "none")
RES_20, RES_56 = arm("residual, 20 layers", 20, "A"), arm("residual, 56 layers", 56, "A")

CLAIM = Claim(
    key="photographs",
    kind="the paper's statement",
    statement="On CIFAR-10 a plain network of 56 layers trains worse than one of 20, and shortcuts cure it.",
    where="sec. 4.2, Fig. 6; Table 6: 8.75 % and 6.97 % for 20 and 56 residual layers",
    measures=(TRAIN, TEST),
    arms=(PLAIN_20, PLAIN_56, RES_20, RES_56),
    conditions=(
        (TRAIN.of(PLAIN_56) > TRAIN.of(PLAIN_20)).saying("degradation"),
        (TRAIN.of(RES_56) < TRAIN.of(PLAIN_56)).saying("its cure"),
        (TRAIN.of(RES_20) <= TRAIN.of(PLAIN_20)).saying("no harm to 20 layers"),
        TEST.of(RES_56) < TEST.of(PLAIN_56),
    ),
    seeds=SEEDS,
    remark="Half the published width and 1,000 steps of 64 pictures, 1.3 passes over all 50,000, where the paper made "
    "64,000 steps of 128: its errors are of networks that have finished and have no place in the table. The training "
    "loss is the mean of the last 50 batches.",
    figure=partial(losses, title="Plain and residual networks on CIFAR-10, half their width"),
)
