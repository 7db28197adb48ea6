"""Training as the experiments do it: steps down losses as they come, and the digits of section 6, pass by pass."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from math import isfinite, nan
from typing import Any, Literal

import torch
from torch import Tensor
from torch.optim import Optimizer

from firsthand.claims import Arm, Outcome
from firsthand.data.order import Order
from firsthand.papers.adam.recipe import PRESETS
from firsthand.train.recipe import Optim, RuleName, Schedule, schedule_for
from firsthand.train.task import evaluate


def taken(optimizer: Optimizer, losses: Iterator[Tensor]) -> Iterator[float]:
    """Take a step down each loss and pass on its value; ends after one that is no number."""
    torch.set_flush_denormal(True)  # as the engine does: a mean that fades towards 0 would make the CPU slow
    try:
        for loss in losses:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            value = loss.item()
            yield value
            if not isfinite(value):
                return
    finally:
        torch.set_flush_denormal(False)


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
    schedule = Schedule("inverse-sqrt", warmup=1) if decay else Schedule()
    recipe = PRESETS["logistic" if network == "logistic" else "paper"]
    recipe = replace(recipe, optim=Optim(rule, lr=lr, **options), schedule=schedule, seed=seed)
    torch.manual_seed(seed)
    task = recipe.task(recipe)
    model = task.model()
    optimizer, factor = task.optimizer(model), schedule_for(recipe)
    order = Order(len(task.train), recipe.batch, recipe.order, seed)

    def losses() -> Iterator[Tensor]:
        for step in range(epochs * order.steps_per_epoch):
            for group in optimizer.param_groups:
                group["lr"] = lr * factor(step)
            yield task.loss(model, task.train.batch(order.indices(step)))

    costs, after, steps = [], [], taken(optimizer, losses())
    for _ in range(epochs):
        values = list(islice(steps, order.steps_per_epoch))
        costs.append(sum(values) / len(values) if len(values) == order.steps_per_epoch else nan)
        if network == "logistic":  # of the other network this would take as long as a tenth of the pass
            after.append(evaluate(task, model, task.train)["loss"])
    scores = {f"{split}_{name}": value for split in ("train", "test")
              for name, value in evaluate(task, model, getattr(task, split)).items()}  # fmt: skip
    found = {f"cost {epoch}": costs[epoch - 1] for epoch in (1, 2, 5, 10) if epoch <= epochs}
    found |= {f"loss {epoch}": after[epoch - 1] for epoch in (1, 2, 5, 10) if epoch <= len(after)}
    found = {name: value if isfinite(value) else None for name, value in (found | scores).items()}
    return found | {"costs": [cost if isfinite(cost) else None for cost in costs], "losses": after}


def trained(name: str, paper: Mapping[str, float] | None = None, **options: Any) -> Arm:
    """An arm that learns the digits with these options."""
    return Arm(name, experiment=learn, overrides=options, paper=paper or {})
