"""Short trainings of many networks on the same digits, for what needs no look on the way."""

from dataclasses import replace
from math import isfinite

from firsthand.claims.bench.training import Training
from firsthand.papers.batchnorm.model import Config
from firsthand.papers.batchnorm.recipe import PRESETS, DigitTask
from firsthand.papers.batchnorm.training import accuracy
from firsthand.train.recipe import Optim


def digits() -> DigitTask:
    """The images of the paper's experiment."""
    return DigitTask(PRESETS["paper"])


def trained(task: DigitTask, config: Config, lr: float, steps: int, seed: int) -> float:
    """The test accuracy after so many batches of 60; first weights and order depend on the seed alone."""
    training = Training(replace(task.recipe, model=config, optim=Optim("sgd", lr=lr), steps=steps, seed=seed), task)
    for _, loss in training.steps(steps):
        if not isfinite(loss):
            break
    return accuracy(training.network, task.test)
