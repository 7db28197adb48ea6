"""The paper's training on MNIST, open between two steps: claims look at the network and the rule there."""

from collections.abc import Iterator

import torch
from torch.nn import Module
from torch.optim import Optimizer

from firsthand.data.order import Order
from firsthand.papers.adadelta.recipe import PRESETS, Recipe
from firsthand.train.engine import tiny_is_zero
from firsthand.train.task import Task

PAPER = PRESETS["paper"]
PASS = 600  # steps over the 60,000 images


def steps(recipe: Recipe) -> Iterator[tuple[int, Task, Module, Optimizer]]:
    """Train as `firsthand train` would, to the same bits: yields the number of steps done, before each next step.

    The next step's gradients are there, its update is not. It yields once more after the last step.
    """
    torch.manual_seed(recipe.seed)
    task = recipe.task(recipe)
    network = task.model()
    optimizer = task.optimizer(network)
    order = Order(len(task.train), recipe.batch, recipe.order, recipe.seed)
    with tiny_is_zero():
        for step in range(recipe.steps):
            optimizer.zero_grad()
            task.loss(network, task.train.batch(order.indices(step))).backward()
            yield step, task, network, optimizer
            optimizer.step()
        yield recipe.steps, task, network, optimizer
