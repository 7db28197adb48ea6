"""The bound while the networks learn: what several claims measure and draw."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from matplotlib.figure import Figure
from torch import Generator, Tensor

from firsthand.claims import Arm, Outcome
from firsthand.claims.bench.training import Training
from firsthand.data.specs import Vectors
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import COLOURS, beside, subplots
from firsthand.papers.vae.likelihood import importance_sampled
from firsthand.papers.vae.model import VAE, Config
from firsthand.papers.vae.recipe import PRESETS
from firsthand.papers.vae.tasks import Bound
from firsthand.train.recipe import Optim
from firsthand.train.task import Examples

MARKS = (10_000, 30_000, 100_000, 300_000, 1_000_000)  # training samples after which it is scored
ACTIVE = 0.01  # nats of KL, on average over the test pictures, above which a latent counts as used
SCORED = 10_000  # pictures, at most, of those trained on


def learn(
    faces: bool = False,
    latent: int = 20,
    hidden: int = 500,
    estimator: Literal["A", "B", "score", "wake-sleep"] = "B",
    samples: int = 1,
    rate: float = 0.02,
    pictures: int | None = None,
    trained: int = 1_000_000,
    sampled: int = 0,
    seed: int = 0,
) -> Outcome:
    """The bound on training and test pictures, in nats, as the number of training samples grows.

    Args:
        faces: Frey's, with a Gaussian decoder, in place of MNIST's digits, as bits that are drawn once.
        latent: numbers in z.
        hidden: units of the encoder and of the decoder.
        estimator: of the bound, or wake-sleep in its place.
        samples: L, of z for each picture.
        rate: of Adagrad.
        pictures: trained on, the first ones; None: all.
        trained: samples in all, in batches of 100.
        sampled: importance samples, at the end, of log p(x) of 1,000 training and 1,000 test pictures; 0: none.
        seed: of the first weights, the order and the noise.
    """
    kind, data = ("gaussian", "frey") if faces else ("bernoulli", "mnist")
    recipe = replace(
        PRESETS["paper"], model=Config(hidden, latent, kind), data=Vectors(data, limit=pictures), seed=seed,
        estimator=estimator, samples=samples, optim=Optim("adagrad", lr=rate), steps=trained // 100,
    )  # fmt: skip
    training = Training(recipe)
    task, network = training.task, training.network
    found: dict[str, float | int | None] = {}
    curve = []
    for step, _ in training.steps(recipe.steps):
        if (seen := 100 * step) in MARKS:
            found[f"test {seen}"] = bound(task, network, task.test)
            found[f"train {seen}"] = bound(task, network, task.train)
            curve.append([seen, found[f"test {seen}"], found[f"train {seen}"]])
    kl = divergences(task, network)
    found |= {"active": int((kl > ACTIVE).sum()), "gap": found[f"train {trained}"] - found[f"test {trained}"]}
    if sampled:
        generator = Generator().manual_seed(seed)
        for split in ("train", "test"):
            x, _ = getattr(task, split).batch(torch.arange(1000))
            (estimate,) = importance_sampled(network, x, (sampled,), generator)
            found[f"{split} likelihood"] = estimate.mean().item()
    return found | {"curve": curve, "divergences": kl.sort(descending=True).values.tolist()}


def bound(task: Bound, network: VAE, examples: Examples) -> float:
    """The mean bound, of the first 10,000 at most."""
    some = examples if len(examples) <= SCORED else type(examples)(examples.inputs[:SCORED], examples.scale)
    with torch.no_grad():
        return -task.measure(network, some, "cpu")["loss"]


@torch.no_grad()
def divergences(task: Bound, network: VAE) -> Tensor:
    """KL(q(z_j|x) || N(0, 1)) of every latent j, the mean over the test pictures."""
    mean, log_variance = network.encode(task.test.batch(torch.arange(len(task.test)))[0])
    return ((mean.square() + torch.expm1(log_variance) - log_variance) / 2).mean(0)


def growth(seen: Runs, arms: Sequence[Arm], least: int | float, title: str, **frame: Any) -> Figure:
    """Figure 2: the bound on test (solid) and training pictures (dashed), a line a seed; diamonds are the paper's."""
    figure, axes = subplots(8, 4.6)
    labels = []
    for one, colour in zip(arms, COLOURS, strict=False):
        curves = series(seen[one.name])
        lines(axes, [curve[:, :2] for curve in curves], colour, "_")
        lines(axes, [curve[:, ::2] for curve in curves], colour, "_", ls="--", lw=0.9)
        printed = {name: value for name, value in one.paper.items() if name.startswith("test")}
        axes.plot([int(name.split()[1]) for name in printed], list(printed.values()), "D", color=colour, mfc="none")
        labels.append((one.name, float(curves[0][-1, 1]), colour))
    axes.set(xscale="log", xlim=(9e3, 2e6), xlabel="training samples", ylabel="bound (nats a picture)", title=title)
    axes.set(**frame)
    beside(axes, 1.1e6, labels, least)
    return figure
