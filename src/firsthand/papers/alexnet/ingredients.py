"""What the claims measure that take one ingredient away or add it: a small network, and its errors."""

from typing import Literal

from firsthand.claims import Arm, Outcome, Quantity
from firsthand.claims.bench.errors import TEST, TRAIN
from firsthand.claims.bench.training import Training
from firsthand.claims.conditions import listed
from firsthand.options import override
from firsthand.papers.alexnet.recipe import PRESETS

SIZE = (
    "Three convolutions of 8, 8 and 16 maps, kernels of 5x5, and a hidden layer of 64 units, on 1,000 images of "
    "Fashion-MNIST for 30 passes, by section 5's rule and first weights on pixels of 0..255."
)


def ingredients(
    response_norm: bool = True,
    pool: Literal[2, 3] = 3,
    dropout: float = 0.0,
    crops: bool = False,
    rate: float = 0.03,
    seed: int = 0,
) -> Outcome:
    """Training and test error of a small network on 1,000 garments, by the preset garments-1000.

    Args:
        response_norm: whether neighbours normalise the maps of convolutions 1 and 2.
        pool: pixels a side of the squares that are pooled every 2 pixels.
        dropout: share of the hidden units silenced at each training step.
        crops: whether training images are random crops, half of them mirrored.
        rate: the learning rate.
        seed: of weights, order and crops.
    """
    model = {"model.response_norm": response_norm, "model.pool": pool, "model.dropout": dropout}
    data = {"data.augment.pad": 2 if crops else 0, "data.augment.flip": crops}
    training = Training(override(PRESETS["garments-1000"], model | data | {"optim.lr": rate, "seed": seed}))
    losses = [loss for _, loss in training.steps(training.recipe.steps)][:-1]
    found = {f"{split}_error": training.score(split)["error"] for split in ("train", "test")}
    return found | {"losses": losses}


def gap(*arms: Arm) -> Quantity:
    """Test error less training error."""
    words = f"test less training error of {listed([arm.name for arm in arms])}"
    return (TEST.of(*arms) - TRAIN.of(*arms)).called(words)
