"""A recipe's training, open before every update: experiments look at the network and the rule there."""

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from math import nan
from typing import Any

import torch

from firsthand.train.engine import tiny_is_zero
from firsthand.train.recipe import schedule_for
from firsthand.train.task import Task, evaluate


class Training:
    """What `firsthand train` does with a recipe on one processor, to the same bits; gradients are not cut.

    Many trainings on the same data read it once: `data_of` is the task that has, and its `data` are the recipe's.
    """

    def __init__(self, recipe: Any, data_of: Task | None = None):
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        if data_of is None:
            self.task = recipe.task(recipe)
        else:
            known: Any = data_of.recipe
            self.task = copy(data_of)
            self.task.recipe = replace(recipe, data=known.data)
        self.network = self.task.model()
        self.optimizer = self.task.optimizer(self.network)
        self.order = self.task.order()

    def steps(self, count: int) -> Iterator[tuple[int, float]]:
        """The number of updates done and the loss of the next batch, whose gradients are there; last NaN for a loss."""
        factor = schedule_for(self.recipe)
        with tiny_is_zero():
            for step in range(count):
                for group in self.optimizer.param_groups:
                    group["lr"] = self.recipe.optim.lr * factor(step)
                self.optimizer.zero_grad()
                loss = self.task.loss(self.network, self.task.batch(self.order.indices(step), step))
                loss.backward()
                yield step, loss.item()
                self.optimizer.step()
            yield count, nan

    def passes(self, count: int) -> Iterator[float]:
        """The mean loss of each pass over the data, after it."""
        losses: list[float] = []
        for step, loss in self.steps(count * self.order.steps_per_epoch):
            if step and step % self.order.steps_per_epoch == 0:
                yield sum(losses) / len(losses)
                losses.clear()
            losses.append(loss)

    def score(self, split: str) -> dict[str, float]:
        """The means of the scores over a part of the data: train, val or test."""
        return evaluate(self.task, self.network, getattr(self.task, split))
