"""The training error of the small autoencoder, under one momentum, one rule and one size of first weights."""

from dataclasses import replace
from typing import Literal

from firsthand.claims import Measure, Outcome
from firsthand.claims.bench.training import Training
from firsthand.papers.momentum.recipe import PRESETS
from firsthand.train.recipe import Optim

ERROR = Measure("error", "training error (squared, an image)")
EVERY = 100  # updates to a number of the curve


def autoencoder(
    mu_max: float = 0.99,
    method: Literal["cm", "nag"] = "nag",
    lr: float = 0.05,
    scale: float = 1.0,
    updates: int = 12_000,
    final: int = 500,
    seed: int = 0,
) -> Outcome:
    """Training error of the preset `laptop`'s autoencoder, before and after the last updates at momentum 0.9.

    Args:
        mu_max: where the momentum's rise ends.
        method: classical momentum or Nesterov's.
        lr: learning rate.
        scale: standard deviation of the first weights.
        updates: steps of training.
        final: the last of them, at momentum 0.9 at most.
        seed: of the first weights and the order of the images.
    """
    base = PRESETS["laptop"]
    rule = Optim("sgd", lr=lr, momentum=mu_max, nesterov=method == "nag")
    model = replace(base.model, scale=scale)
    training = Training(replace(base, model=model, steps=updates, final=final, optim=rule, seed=seed))
    before, curve, total = None, [], 0.0
    for step, loss in training.steps(updates):
        if step == updates - final:
            before = training.score("train")["loss"]
        if step and step % EVERY == 0:
            curve.append(total / EVERY)
            total = 0.0
        total += loss
    return {"before": before, "error": training.score("train")["loss"], "curve": curve}
