"""What the claims measure: a network that has learned the zip codes' digits, its errors and its rejects."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.training import Training
from firsthand.papers.zipcode import baseline
from firsthand.papers.zipcode.model import Config
from firsthand.papers.zipcode.recipe import LAPTOP, OF_1989, PASS, PRESETS, Recipe
from firsthand.papers.zipcode.rejects import margins, rejects, substitutions

TEST = Measure("test_error", "test error (%)", scale=100.0, digits=2)
TRAIN = Measure("train_error", "training error (%)", scale=100.0, digits=2)
ONE = Measure("rejects 1", "rejects for 1 % errors (%)", scale=100.0, digits=1)
TWO = Measure("rejects 2", "rejects for 2 % errors (%)", scale=100.0, digits=1)
TOP = Measure("rejects 1 top", "rejects by the top score, for 1 % (%)", scale=100.0, digits=1)
WEIGHTS = Measure("weights", "weights", digits=0)

_MODERN = PRESETS["modern"]
_SOFTMAX = replace(OF_1989, model=replace(OF_1989.model, output="linear", init="sqrt-fan-in"))
RECIPES: dict[str, Recipe] = {
    "1990": LAPTOP,
    "unshared": replace(LAPTOP, model=Config(shared=False)),
    "stride": replace(LAPTOP, model=Config(subsample=False)),
    "full": replace(LAPTOP, model=Config(table=("0123",) * 12)),
    "1989": OF_1989,
    "softmax": _SOFTMAX,
    "adamw": replace(_SOFTMAX, optim=_MODERN.optim),
    "moved": replace(_SOFTMAX, optim=_MODERN.optim, shift=1),
    "modern": _MODERN,
}


def read(
    network: Literal[
        "1990", "unshared", "stride", "full", "1989", "softmax", "adamw", "moved", "modern", "fully-connected"
    ] = "1990",
    hidden: int = 40,
    passes: int = 30,
    seed: int = 0,
) -> Outcome:
    """The errors of a network that has learned USPS, and how many test digits it must reject for 1 and 2 % errors.

    Args:
        network: as published in 1990 or in 1989, or what is changed about it.
        hidden: units of the hidden layer of a fully-connected network.
        passes: over the 7,291 training images, in batches of 8; the rate falls to its floor within them.
        seed: of first weights and order.
    """
    if network == "fully-connected":
        shared = {name: getattr(LAPTOP, name) for name in ("batch", "optim", "schedule", "keep", "threads")}
        recipe: Any = baseline.Recipe(model=baseline.Config(hidden), **shared)
    else:
        recipe = RECIPES[network]
    training = Training(replace(recipe, steps=passes * PASS, seed=seed))
    for _ in training.steps(passes * PASS):
        pass
    outputs, targets = training.task.outputs(training.network, training.task.test)
    wrong, sure = outputs.argmax(1) != targets, margins(outputs)
    scores = {part: training.score(part) for part in ("train", "test")}
    found = {f"{part}_{name}": value for part, both in scores.items() for name, value in both.items()}
    found |= {f"rejects {percent}": rejects(sure, wrong, percent / 100) for percent in (1, 2)}
    found |= {"rejects 1 top": rejects(outputs.amax(1), wrong, 0.01)}
    found |= {"weights": sum(p.numel() for p in training.network.parameters())}
    found |= {"saturated": (outputs.abs() > 1.6).float().mean().item()}
    most = len(targets) // 4
    by = {"margin": sure, "top": outputs.amax(1)}
    return found | {f"left by {name}": substitutions(s, wrong)[:most].tolist() for name, s in by.items()}


def arm(name: str, network: str, paper: Mapping[str, float] | None = None, **options: Any) -> Arm:
    """An arm that learns the digits with these options."""
    return Arm(name, experiment=read, overrides={"network": network, **options}, paper=paper or {})


# The paper counts the errors of 2,007 handwritten and 700 printed digits together, 3.4 %: 92, all of them handwritten.
LENET_1 = arm("LeNet-1, 1990", "1990", {"test_error": 4.6, "rejects 1": 9.0, "rejects 2": 6.0})
ELDER = arm("network of 1989", "1989", {"test_error": 5.0, "train_error": 0.14}, passes=23)
