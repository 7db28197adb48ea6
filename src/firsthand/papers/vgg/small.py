"""Small networks of the paper's five depths on Fashion-MNIST: what the claims train."""

from dataclasses import replace
from typing import Any

from firsthand.claims.bench.training import Training
from firsthand.papers.vgg.model import Config
from firsthand.papers.vgg.recipe import LAPTOP
from firsthand.papers.vgg.variants import VARIANTS
from firsthand.train.recipe import Schedule

BATCH, EVERY = 32, 25  # garments a step; steps to a number of a curve
SIZE = (
    "Width 8 instead of 64, three pools and maps of 3x3 pixels before the linear layers, which have 128 units, on "
    "Fashion-MNIST; SGD with momentum 0.9, decay 0.0005, dropout 0.5 and rate 0.01 as in the paper, batches of 32."
)


def training(network: str, seed: int, images: int, **options: Any) -> Training:
    """A small network with the blocks of a published one, on the first so many garments, at a constant rate."""
    published = VARIANTS[network]
    kept = {name: getattr(published, name) for name in ("blocks", "pointwise", "response")}
    data = replace(LAPTOP.data, limit=images)
    model = Config(**kept, **options)
    return Training(replace(LAPTOP, seed=seed, batch=BATCH, schedule=Schedule(), model=model, data=data))


def trained(run: Training, steps: int) -> list[float]:
    """Train so many steps; the mean loss of every 25 of them."""
    losses = [loss for _, loss in run.steps(steps)][:steps]
    return [sum(losses[i : i + EVERY]) / EVERY for i in range(0, steps, EVERY)]
