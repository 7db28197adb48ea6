"""Networks with two latents, of which everything can be computed: the likelihood, and the whole plane."""

from dataclasses import replace

import torch
from torch import Generator

from firsthand.claims import Outcome
from firsthand.claims.bench.training import Training
from firsthand.papers.vae.likelihood import log_weights, quadrature
from firsthand.papers.vae.pictures import decoded, plane
from firsthand.papers.vae.recipe import PRESETS

SCORED, SAMPLES = 200, 5000  # test pictures whose likelihood is computed, importance samples of each
COUNTS = (1, 50, SAMPLES)
SIDE, KEPT = 20, 10  # pictures on each side of the plane: measured, and kept for the figure


def two_latents(steps: int = 3000, seed: int = 0) -> Outcome:
    """Likelihoods of test digits by bound, importance sampling and quadrature; how alike neighbours in the plane are.

    "roughness" is the mean squared difference of neighbours over that of pairs drawn at random.

    Args:
        steps: of preset `plane` with 200 units; 0: the first weights.
        seed: of weights, order, bits and noise.
    """
    base = PRESETS["plane"]
    training = Training(replace(base, model=replace(base.model, hidden=200), steps=max(steps, 1), seed=seed))
    for _ in training.steps(steps):
        pass
    network, generator = training.network, Generator().manual_seed(seed)
    x, _ = training.task.test.batch(torch.arange(SCORED))
    with torch.no_grad():
        draws = (torch.randn(100, SCORED, 2, generator=generator) for _ in range(SAMPLES // 100))
        weights = torch.cat([log_weights(network, x, noise) for noise in draws])
    found = {"bound": weights.mean().item(), "quadrature": quadrature(network, x).mean().item()}
    for count in COUNTS[1:]:  # groups of so many samples, so that all of them are used
        groups = weights.view(-1, count, SCORED).double()
        found[f"sampled {count}"] = (torch.logsumexp(groups, 1).mean() - torch.tensor(count).log()).item()
    pictures = decoded(network, plane(SIDE)).view(SIDE, SIDE, -1)
    across, down = (pictures.diff(dim=axis).square().mean() for axis in (1, 0))
    flat = pictures.flatten(0, 1)
    pairs = torch.randint(SIDE * SIDE, (2, 4000), generator=generator)
    apart = (flat[pairs[0]] - flat[pairs[1]]).square().mean()
    small = (decoded(network, plane(KEPT)) * 100).round().int()
    return found | {"roughness": ((across + down) / 2 / apart).item(), "plane": small.tolist()}
