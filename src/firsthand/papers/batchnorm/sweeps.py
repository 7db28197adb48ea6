"""Short trainings of many networks on the same digits, for what needs no look on the way."""

import torch

from firsthand.claims.bench.descent import descend
from firsthand.data.order import Order
from firsthand.nn import cross_entropy
from firsthand.optim import SGD
from firsthand.papers.batchnorm.model import Config, SigmoidNetwork
from firsthand.papers.batchnorm.recipe import PRESETS, DigitTask
from firsthand.papers.batchnorm.training import accuracy
from firsthand.train.engine import tiny_is_zero


def digits() -> DigitTask:
    """The images of the paper's experiment."""
    return DigitTask(PRESETS["paper"])


def trained(task: DigitTask, config: Config, lr: float, steps: int, seed: int) -> float:
    """The test accuracy after so many batches of 60; first weights and order depend on the seed alone."""
    torch.manual_seed(seed)
    network, order = SigmoidNetwork(config), Order(len(task.train), 60, seed=seed)
    rule = SGD(network.parameters(), lr=lr)
    with tiny_is_zero():
        for step in range(steps):
            inputs, targets = task.train.batch(order.indices(step))
            loss = cross_entropy(network(inputs), targets)
            if not loss.isfinite():
                break
            descend(rule, network, loss, clip=None)
    return accuracy(network, task.test)
