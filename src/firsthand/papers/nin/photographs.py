"""What claims on layers and heads measure: a narrow network on a part of CIFAR-10, changed in one place at a time."""

from dataclasses import replace
from typing import Literal

from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.training import Training
from firsthand.papers.nin.model import Config
from firsthand.papers.nin.recipe import PRESETS, Recipe
from firsthand.train.recipe import Optim, Schedule

WIDTHS = {
    "perceptrons": (24, 20, 12, 24, 24, 24, 24, 24),  # an eighth of the published widths
    "parameters": (21, 21, 21),  # k x k convolutions alone, of as many parameters
    "maps": (12, 24, 24),  # alone, with as many maps at the end of every block
}


def photographs(
    layers: Literal["perceptrons", "parameters", "maps"] = "perceptrons",
    head: Literal["mean", "linear"] = "mean",
    head_dropout: float = 0.0,
    images: int = 10_000,
    steps: int = 3000,
    seed: int = 0,
) -> Outcome:
    """Training and test error of a narrow network whose class maps are not rectified, on the first images of CIFAR-10.

    Args:
        layers: perceptrons, or k x k convolutions alone with as many parameters or as many maps.
        head: what makes logits of the class maps.
        head_dropout: share of what a linear head sees that is silenced while training.
        images: of the training set, without augmentation.
        steps: of Adam with batches of 32, the rate rising to 0.003 and falling to 0.
        seed: of weights and order.
    """
    model = Config(
        WIDTHS[layers], mlpconv=layers == "perceptrons", std=(0.0,), rectified=False, dropout=0.0,
        head=head, head_dropout=head_dropout,
    )  # fmt: skip
    data = replace(PRESETS["paper"].data, limit=images)
    rule, schedule = Optim("adam", lr=0.003), Schedule("one-cycle")
    recipe = Recipe(model=model, data=data, optim=rule, schedule=schedule, steps=steps, batch=32, seed=seed)
    training = Training(recipe)
    losses = [loss for _, loss in training.steps(steps)][:-1]
    found = {f"{split}_error": training.score(split)["error"] for split in ("train", "test")}
    return found | {"parameters": sum(p.numel() for p in training.network.parameters()), "losses": losses}


PARAMETERS = Measure("parameters", "parameters", digits=0)
SEEDS = (6, 7, 8)
SIZE = (
    "An eighth of the published widths, {images} of CIFAR-10's 50,000 photographs and {steps} steps of 32 by Adam, "
    "without augmentation and dropout between the blocks, and with class maps that are not rectified: rectified ones "
    "are zero for every picture in some runs and stay so at this width, which would then be measured instead. Table 5 "
    "has the errors of networks eight times as wide on all photographs, with dropout: they do not stand beside ours."
)


def arm(name: str, images: int, steps: int, **options: object) -> Arm:
    """The narrow network with these options, on so many photographs for so many steps."""
    return Arm(name, experiment=photographs, overrides={"images": images, "steps": steps, **options})
