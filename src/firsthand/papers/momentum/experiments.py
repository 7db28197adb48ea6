"""What the papers say about momentum, measured: on quadratics, on a function that traps it, and on the autoencoder."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import cos, log, pi, sin, sqrt
from typing import Literal

import torch
from torch import Tensor

from firsthand import optim
from firsthand.data.order import Order
from firsthand.optim.surfaces import race
from firsthand.papers.claim import Outcome
from firsthand.papers.momentum.recipe import PRESETS
from firsthand.train.recipe import Optim
from firsthand.train.task import evaluate

Method = Literal["gradient", "heavy-ball", "nesterov", "nesterov-best"]
KAPPAS = (10, 100, 1000, 10_000)


def tuned(method: Method, kappa: int | float) -> tuple[dict[str, float | bool], float]:
    """The best constants for curvatures from 1 to kappa: options of SGD, and the factor per step that they promise.

    Sources: Polyak (1964) for the heavy ball; Nesterov (2018), sec. 2.2, for his; Lessard, Recht & Packard (2016),
    table 1, for what is best on quadratics.
    """
    root, wide = sqrt(kappa), sqrt(3 * kappa + 1)
    if method == "gradient":
        return {"lr": 2 / (1 + kappa)}, (kappa - 1) / (kappa + 1)
    if method == "heavy-ball":
        return {"lr": (2 / (1 + root)) ** 2, "momentum": ((root - 1) / (root + 1)) ** 2}, (root - 1) / (root + 1)
    if method == "nesterov":
        return {"lr": 1 / kappa, "momentum": (root - 1) / (root + 1), "nesterov": True}, 1 - 1 / root
    return {"lr": 4 / (3 * kappa + 1), "momentum": (wide - 2) / (wide + 2), "nesterov": True}, 1 - 2 / wide


def speed(method: Method = "gradient", seed: int = 0) -> Outcome:
    """Steps until the distance from the minimum of a quadratic has shrunk by a million, and the last factor per step.

    Twenty dimensions, curvatures from 1 to kappa evenly spaced in their logarithm, axes and start at random.

    Args:
        method: the rule, with the best constants for each kappa.
        seed: of the axes and the start.
    """
    found: dict[str, float] = {}
    for kappa in KAPPAS:
        generator = torch.Generator().manual_seed(seed)
        axes, _ = torch.linalg.qr(torch.randn(20, 20, generator=generator, dtype=torch.float64))
        bowl = axes @ torch.logspace(0, log(kappa, 10), 20, dtype=torch.float64).diag() @ axes.t()
        x = torch.randn(20, generator=generator, dtype=torch.float64).requires_grad_()
        rule = optim.SGD([x], **tuned(method, kappa)[0])
        distances = [x.detach().norm().item()]
        while distances[-1] > 1e-6 * distances[0]:
            x.grad = bowl @ x.detach()
            rule.step()
            distances.append(x.detach().norm().item())
        steps = len(distances) - 1
        half = steps // 2
        factor = (distances[-1] / distances[half]) ** (1 / (steps - half))
        found |= {f"steps {kappa}": steps, f"factor {kappa}": factor}
    return found


def look_ahead(method: Literal["cm", "nag", "cm-per-direction"] = "nag", seed: int = 0) -> Outcome:
    """How far a rule's path in a valley of curvatures 1 and 100 lies from Nesterov's, and when its bouncing ends.

    The rate is 0.005, so that eps lambda is 0.5 across the valley and 0.005 along it, and mu is 0.9.

    Args:
        method: classical momentum, Nesterov's, or classical momentum with mu (1 - eps lambda) in each direction.
        seed: of the valley's direction.
    """
    rate, mu, curvatures = 0.005, 0.9, torch.tensor([1.0, 100.0], dtype=torch.float64)
    angle = 2 * pi * torch.rand((), generator=torch.Generator().manual_seed(seed), dtype=torch.float64).item()
    axes = torch.tensor([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]], dtype=torch.float64)  # columns
    start = axes @ torch.tensor([10.0, 1.0], dtype=torch.float64)

    def path(method: str, steps: int = 400) -> Tensor:
        """theta_0, theta_1, ... (steps + 1, 2)."""
        turned = method == "cm-per-direction"  # walks along the axes, each with its momentum, and is turned at the end
        x = [p.clone().requires_grad_() for p in ((axes.t() @ start).split(1) if turned else [start])]
        momenta = [mu * (1 - rate * c.item()) for c in curvatures] if turned else [mu]
        groups = [{"params": [p], "momentum": m} for p, m in zip(x, momenta, strict=True)]
        rule = optim.SGD(groups, lr=rate, momentum=mu, nesterov=method == "nag")
        places = [start]
        for _ in range(steps):
            place = torch.cat([p.detach() for p in x])
            slope = curvatures * place if turned else axes @ (curvatures * (axes.t() @ place))
            for p, g in zip(x, slope.split([len(p) for p in x]), strict=True):
                p.grad = g.clone()
            rule.step()
            place = torch.cat([p.detach() for p in x])
            if method == "nag":  # the rule stores theta + mu v, and v is -rate times the buffer
                place = place + mu * rate * rule.state[x[0]]["momentum_buffer"]
            places.append(axes @ place if turned else place)
        return torch.stack(places)

    ours, nag = path(method), path("nag")
    along, across = (ours @ axes).unbind(1)
    settled = int((across.abs() > 1e-6).nonzero().max()) + 1
    return {
        "distance": (ours - nag).norm(dim=1).max().item(),
        "settled": settled,
        "along": along[:61].tolist(),
        "across": across[:61].tolist(),
    }


def trap_slope(x: float) -> float:
    """The slope of a function with curvatures between 1 and 25 and its minimum at 0. Source: Lessard et al. (2016)."""
    return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24


def trap(method: Literal["gradient", "heavy-ball", "nesterov"] = "heavy-ball", seed: int = 0) -> Outcome:
    """Where a rule that is tuned for curvatures from 1 to 25 ends on a function that has such curvatures, from 3.3.

    Args:
        method: the rule, with the best constants for quadratics (Nesterov: the book's).
        seed: not used, nothing is random.
    """
    x = torch.tensor([3.3], dtype=torch.float64).requires_grad_()
    rule = optim.SGD([x], **tuned(method, 25)[0])
    places = [x.item()]
    for _ in range(1000):
        x.grad = torch.tensor([trap_slope(places[-1])], dtype=torch.float64)
        rule.step()
        places.append(x.item())
    low, middle, high = sorted(places[-3:])
    return {"end": abs(places[-1]), "low": low, "middle": middle, "high": high, "places": places[:61]}


def autoencoder(
    mu_max: float = 0.99,
    method: Literal["cm", "nag"] = "nag",
    lr: float = 0.05,
    scale: float = 1.0,
    updates: int = 12_000,
    final: int = 500,
    seed: int = 0,
) -> Outcome:
    """Training error of the preset `laptop`'s autoencoder, before and after the last updates at momentum 0.9.

    Args:
        mu_max: where the momentum's rise ends.
        method: classical momentum or Nesterov's.
        lr: learning rate.
        scale: standard deviation of the first weights.
        updates: steps of training.
        final: the last of them, at momentum 0.9 at most.
        seed: of the first weights and the order of the images.
    """
    base = PRESETS["laptop"]
    rule = Optim("sgd", lr=lr, momentum=mu_max, nesterov=method == "nag")
    recipe = replace(base, model=replace(base.model, scale=scale), steps=updates, final=final, optim=rule, seed=seed)
    task = recipe.task(recipe)
    torch.manual_seed(seed)
    network = task.model()
    optimizer = task.optimizer(network)
    order = Order(len(task.train), recipe.batch, recipe.order, seed)
    before, curve, total = None, [], 0.0
    for step in range(updates):
        if step == updates - final:
            before = evaluate(task, network, task.train)["loss"]
        loss = task.loss(network, task.train.batch(order.indices(step)))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item()
        if (step + 1) % 100 == 0:
            curve.append(total / 100)
            total = 0.0
    return {"before": before, "error": evaluate(task, network, task.train)["loss"], "curve": curve}


WALKERS: dict[str, Callable[..., optim.Rule]] = {
    "sgd": optim.SGD,
    "momentum-0.9": partial(optim.SGD, momentum=0.9),
    "nesterov-0.9": partial(optim.SGD, momentum=0.9, nesterov=True),
    "momentum-0.99": partial(optim.SGD, momentum=0.99),
}


def surfaces(method: Literal["sgd", "momentum-0.9", "nesterov-0.9", "momentum-0.99"] = "sgd", seed: int = 0) -> Outcome:
    """Steps to arrive on five surfaces in the plane, at the rule's fastest rate on each.

    Args:
        method: the rule.
        seed: not used, nothing is random.
    """
    return race(WALKERS[method])


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {
    "speed": speed,
    "look-ahead": look_ahead,
    "trap": trap,
    "autoencoder": autoencoder,
    "surfaces": surfaces,
}
