"""A population of small networks from a design space, trained on few garments, and the distribution of their errors."""

from dataclasses import replace
from functools import lru_cache
from random import Random
from statistics import mean, median

from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.training import Training
from firsthand.data.specs import Pictures
from firsthand.papers.regnet.cost import cost
from firsthand.papers.regnet.line import blocks, fit_error
from firsthand.papers.regnet.model import Config
from firsthand.papers.regnet.recipe import Recipe, RegNetTask
from firsthand.papers.regnet.spaces import SMALL, Space, sample
from firsthand.train.recipe import Optim, Schedule

HELD_OUT = 1000  # garments on which errors are counted


@lru_cache(maxsize=1)
def task(steps: int) -> RegNetTask:
    """The first 6000 garments to train on, 1000 others to count errors on, and how."""
    recipe = Recipe(
        steps=steps, batch=32, optim=Optim("sgd", lr=0.05, momentum=0.9, weight_decay=5e-5),
        schedule=Schedule("cosine"), data=Pictures("fashion-mnist", limit=6000, validation=HELD_OUT),
    )  # fmt: skip
    return RegNetTask(recipe)


def trained_error(config: Config, steps: int, seed: int) -> float:
    """The error of this network after so many steps, in per cent of the garments held out."""
    shared = task(steps)
    training = Training(replace(shared.recipe, model=config, seed=seed), shared)
    for _ in training.steps(steps):
        pass
    return 100 * training.score("val")["error"]


def population(
    space: Space = "RegNet", ratio: float | None = None, networks: int = 4, steps: int = 100, seed: int = 0
) -> Outcome:
    """Errors of networks drawn from a small design space: 0.4 to 0.5 million multiply-adds, on 28x28 pixels.

    Each is trained by SGD with momentum 0.9 and a rate that falls from 0.05 along half a cosine, 32 garments a step.

    Args:
        space: AnyNetX_A to E, or RegNet.
        ratio: the bottleneck ratio; None: drawn from 1, 2 and 4.
        networks: how many.
        steps: of training, for each.
        seed: of the draw, the first weights and the order of garments.
    """
    scale = SMALL if ratio is None else replace(SMALL, ratios=(ratio,))
    draw = Random(seed)
    drawn = [sample(space, scale, draw) for _ in range(networks)]
    errors = [trained_error(config, steps, 1000 * seed + i) for i, config in enumerate(drawn)]
    fits = [fit_error(blocks(config)) for config in drawn]
    ranked = [fit for _, fit in sorted(zip(errors, fits, strict=True))]
    half = networks // 2
    return {
        "mean": mean(errors),
        "median": median(errors),
        "best": min(errors),
        "fit": 100 * mean(fits),
        "fit_better": 100 * mean(ranked[:half] or ranked),
        "fit_worse": 100 * mean(ranked[half:]),
        "blocks": mean(sum(config.depths) for config in drawn),
        "errors": errors,
        "fits": fits,
        "depths": [sum(config.depths) for config in drawn],
        "activations": [cost(config, SMALL.side).activations for config in drawn],
    }


MEAN = Measure("mean", "mean error (%)", digits=1)
MEDIAN = Measure("median", "median error (%)", digits=1)
BEST = Measure("best", "lowest error (%)", digits=1)
BLOCKS = Measure("blocks", "mean number of blocks", digits=1)
SPACES = {
    name: Arm(name if name == "RegNet" else f"AnyNetX {name}", experiment=population, overrides={"space": name})
    for name in ("A", "B", "C", "D", "E", "RegNet")
}
