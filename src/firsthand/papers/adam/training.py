"""The digits of section 6, learned pass by pass."""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, Literal

from firsthand.claims import Arm, Outcome
from firsthand.claims.bench.training import Training
from firsthand.papers.adam.recipe import PRESETS, ROOT_OF_T
from firsthand.train.recipe import Optim, RuleName, Schedule


def learn(
    network: Literal["logistic", "mlp"] = "logistic",
    rule: RuleName = "adam",
    lr: float = 0.001,
    momentum: float = 0.0,
    decay: bool = False,
    epochs: int = 10,
    seed: int = 0,
) -> Outcome:
    """The training cost of a network of section 6 on MNIST, pass by pass.

    Args:
        network: logistic regression, or the two hidden layers of 1,000 with dropout.
        rule: the update rule, its other options at their defaults; of AdaDelta rho is 0.95.
        lr: learning rate.
        momentum: of SGD, taken with Nesterov's step; 0 for none.
        decay: divide the rate by the root of the number of the step.
        epochs: passes over the 60,000 images.
        seed: of the first weights, the order and dropout.
    """
    options = {"momentum": momentum, "nesterov": True} if momentum else {"rho": 0.95} if rule == "adadelta" else {}
    schedule = ROOT_OF_T if decay else Schedule()
    recipe = PRESETS["logistic" if network == "logistic" else "paper"]
    training = Training(replace(recipe, optim=Optim(rule, lr=lr, **options), schedule=schedule, seed=seed))
    costs, after = [], []
    for cost in training.passes(epochs):
        costs.append(cost)
        if network == "logistic":  # of the other one it would take too long
            after.append(training.score("train")["loss"])
    scores = {f"{part}_{name}": value for part in ("train", "test") for name, value in training.score(part).items()}
    found = {f"cost {epoch}": costs[epoch - 1] for epoch in (1, 2, 5, 10) if epoch <= epochs}
    found |= {f"loss {epoch}": after[epoch - 1] for epoch in (1, 2, 5, 10) if epoch <= len(after)}
    found = {name: value if isfinite(value) else None for name, value in (found | scores).items()}
    return found | {"costs": [cost if isfinite(cost) else None for cost in costs], "losses": after}


def trained(name: str, paper: Mapping[str, float] | None = None, **options: Any) -> Arm:
    """An arm that learns the digits with these options."""
    return Arm(name, experiment=learn, overrides=options, paper=paper or {})
