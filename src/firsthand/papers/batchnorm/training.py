"""The experiment of section 4.1, watched: accuracy and the inputs of the last sigmoids over a training."""

from copy import deepcopy
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.claims import Outcome
from firsthand.claims.bench.training import Training
from firsthand.papers.batchnorm.inference import population
from firsthand.papers.batchnorm.model import Config, SigmoidNetwork
from firsthand.papers.batchnorm.recipe import PRESETS, Recipe
from firsthand.train.task import Examples

EVERY = 100  # steps between two looks at the network
MARKS = (500, 1000, 2000, 4000, 8000, 16_000, 50_000)  # steps whose accuracy is a number of its own


def recipe(batch_norm: bool, std: float, lr: float, steps: int, seed: int, hidden: tuple[int, ...]) -> Recipe:
    """The paper's recipe with these choices."""
    found = replace(PRESETS["paper"], model=Config(hidden, batch_norm, std), steps=steps, seed=seed)
    return replace(found, optim=replace(found.optim, lr=lr))


def course(batch_norm: bool = True, std: float = 0.01, lr: float = 0.5, steps: int = 50_000, seed: int = 0) -> Outcome:
    """Train as in section 4.1: test accuracy, and percentiles of what goes into the last hidden layer's sigmoids.

    Args:
        batch_norm: normalise the hidden layers.
        std: standard deviation of the first weights.
        lr: learning rate of plain SGD.
        steps: batches of 60 of the 60,000 images.
        seed: of first weights and order, which are the same with and without batch normalisation where both have them.
    """
    training = Training(recipe(batch_norm, std, lr, steps, seed, Config().hidden))
    network, test = training.network, training.task.test
    shares, paths = [], []
    for step, _ in training.steps(steps):
        if step % EVERY == 0:
            shares.append(accuracy(network, test))
            paths.append(percentiles(network, test.inputs[:1000]))
    low, middle, high = torch.stack(paths, 1)  # each (looks, units)
    found = {f"accuracy {mark}": shares[mark // EVERY] if mark <= steps else None for mark in MARKS}
    found["steps to 95 %"] = next((EVERY * place for place, share in enumerate(shares) if share >= 0.95), None)
    found["best"] = max(shares)
    variation = middle.diff(dim=0).abs().sum(0)
    unit = variation.argsort()[len(variation) // 2]  # a typical one
    reach = middle.amax(0) - middle.amin(0)
    found |= {"variation": variation.median().item(), "reach": reach.median().item()}
    if batch_norm:
        found["moving"] = shares[-1]
        population(network, [training.task.train.batch(training.order.indices(steps + i))[0] for i in range(1000)])
        found["population"] = accuracy(network, test)
    names = ("low", "middle", "high")
    found |= {name: path[:, unit].tolist() for name, path in zip(names, (low, middle, high), strict=True)}
    return found | {"shares": shares}


@torch.no_grad()
def accuracy(network: SigmoidNetwork, examples: Examples) -> float:
    """The share of images that the network, as it is when it is used, reads rightly."""
    training = network.training
    right = network.eval()(examples.inputs).argmax(1) == examples.targets
    network.train(training)
    return right.float().mean().item()


@torch.no_grad()
def percentiles(network: SigmoidNetwork, images: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "shares units"]:
    """The 15th, 50th and 85th percentile over a batch of what goes into each sigmoid of the last hidden layer.

    Normalised as in training, by the batch itself: running averages would add the noise of the last few batches.
    """
    *_, x = deepcopy(network).train().inputs(images)  # of a copy, whose running averages nobody reads
    return x.quantile(torch.tensor([0.15, 0.5, 0.85]), dim=0)
