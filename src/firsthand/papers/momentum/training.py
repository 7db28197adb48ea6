"""The training error of the small autoencoder, under one momentum, one rule and one size of first weights."""

from dataclasses import replace
from typing import Literal

import torch

from firsthand.claims import Measure, Outcome
from firsthand.data.order import Order
from firsthand.papers.momentum.recipe import PRESETS
from firsthand.train.recipe import Optim
from firsthand.train.task import evaluate

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
    recipe = replace(base, model=replace(base.model, scale=scale), steps=updates, final=final, optim=rule, seed=seed)
    task = recipe.task(recipe)
    torch.manual_seed(seed)
    network = task.model()
    optimizer = task.optimizer(network)
    order = Order(len(task.train), recipe.batch, recipe.order, seed)
    before, curve, total = None, [], 0.0
    for step in range(updates):
        if step == updates - final:
            before = evaluate(task, network, task.train)["loss"]
        loss = task.loss(network, task.train.batch(order.indices(step)))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item()
        if (step + 1) % EVERY == 0:
            curve.append(total / EVERY)
            total = 0.0
    return {"before": before, "error": evaluate(task, network, task.train)["loss"], "curve": curve}
