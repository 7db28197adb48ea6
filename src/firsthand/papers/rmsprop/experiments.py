"""What the slides say about RMSprop, measured: on gradients made by hand, on a bowl, and on a network for digits."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import isfinite, sqrt
from typing import Literal

import torch
from torch import Tensor

from firsthand import optim
from firsthand.data.order import Order
from firsthand.optim.surfaces import SURFACES, race, walk
from firsthand.papers.claim import Outcome
from firsthand.papers.rmsprop.recipe import PRESETS
from firsthand.train.task import evaluate

CYCLE = [0.1] * 9 + [-0.9]  # the slide's example: its sum is 0, so the weight should stay where it is


def sign_steps(rate: float) -> Callable[[float], float]:
    """Sign descent: the step is the rate, whatever the gradient's size."""
    return lambda g: -rate if g > 0 else rate


def rprop_steps(rate: float) -> Callable[[float], float]:
    """Rprop as the slide states it: the step grows 1.2 times if the last two signs agree, else it is halved.

    The size stays within 1e-6 and 50. Source: slide "rprop: using only the sign of the gradient".
    """
    size, last = rate, 0.0

    def step(g: float) -> float:
        nonlocal size, last
        if last:
            size = min(max(size * (1.2 if g * last > 0 else 0.5), 1e-6), 50.0)
        last = g
        return -size if g > 0 else size

    return step


def nine_to_one(
    method: Literal["sign", "rprop", "rmsprop-0.9", "rmsprop-0.99", "rmsprop-0.999", "sgd"] = "rmsprop-0.9",
    cycles: int = 2000,
    seed: int = 0,
) -> Outcome:
    """How far a weight drifts per cycle of gradients 0.1 nine times and -0.9 once, in units of the rate.

    "drift" is the mean over the second half, when the start is forgotten; "at first" that over the first tenth.

    Args:
        method: the rule; the number of RMSprop is its alpha.
        cycles: of ten gradients.
        seed: not used, nothing is random.
    """
    rate = 0.01
    places = [0.0]
    if method in ("sign", "rprop"):
        step = (sign_steps if method == "sign" else rprop_steps)(rate)
        for _ in range(cycles):
            for g in CYCLE:
                places.append(places[-1] + step(g))
    else:
        w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        rule = optim.SGD([w], lr=rate) if method == "sgd" else optim.RMSprop([w], lr=rate, alpha=float(method[8:]))
        gradients = [torch.tensor([g], dtype=torch.float64) for g in CYCLE]
        for _ in range(cycles):
            for w.grad in gradients:
                rule.step()
                places.append(w.item())
    ends, middle = [place / rate for place in places[::10]], cycles // 2
    return {
        "drift": (ends[-1] - ends[middle]) / (cycles - middle),
        "at first": ends[cycles // 10] / (cycles // 10),
        "places": [place / rate - ends[middle] for place in places[10 * middle : 10 * middle + 201]],
    }


Units = Literal["plain", "louder", "other"]
UNITS = {"plain": {}, "louder": {"gradient_scale": 1e4}, "other": {"weight_scale": 0.01}}
RATES = {
    "sgd": (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0),
    "rmsprop": (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03),
}


def scale_freedom(
    method: Literal["sgd", "momentum", "rmsprop"] = "rmsprop", units: Units = "plain", seed: int = 0
) -> Outcome:
    """Training loss after five passes over the digits, with the first layer measured in some units.

    "loss" is that of SGD's best rate of a grid, without or with momentum 0.9, and of RMSprop at the rate 0.001.

    Args:
        method: the rule.
        units: plain; louder: the first layer's gradient times 1e4; other: its weights stored 100 times as large.
        seed: of the first weights and the order of the images.
    """
    rates = RATES["rmsprop" if method == "rmsprop" else "sgd"]
    losses = [after_five_passes(method, units, rate, seed) for rate in rates]
    best = rates.index(1e-3) if method == "rmsprop" else losses.index(min(x for x in losses if x is not None))
    return {"loss": losses[best], "rate": rates[best], "rates": list(rates), "losses": losses}


def after_five_passes(method: str, units: Units, rate: float, seed: int) -> float | None:
    """The loss over all training images; None if it is no number any more."""
    base = PRESETS["digits"]
    recipe = replace(base, model=replace(base.model, **UNITS[units]), seed=seed)
    task = recipe.task(recipe)
    torch.manual_seed(seed)
    network = task.model()
    rule = {
        "sgd": optim.SGD,
        "momentum": partial(optim.SGD, momentum=0.9),
        "rmsprop": partial(optim.RMSprop, alpha=0.9),
    }[method](network.parameters(), lr=rate)
    order = Order(len(task.train), recipe.batch, recipe.order, seed)
    for step in range(5 * order.steps_per_epoch):
        loss = task.loss(network, task.train.batch(order.indices(step)))
        rule.zero_grad()
        loss.backward()
        rule.step()
    loss = evaluate(task, network, task.train)["loss"]
    return loss if isfinite(loss) else None


def floor(lr: float = 0.01, decay: bool = False, steps: int = 20_000, seed: int = 0) -> Outcome:
    """How far from the minimum of (x^2 + 100 y^2) / 2 RMSprop hovers in the end, from (1, 1), with alpha 0.9.

    Args:
        lr: the rate.
        decay: divide it by the root of the step's number.
        steps: of the walk.
        seed: not used, nothing is random.
    """
    bowl = replace(SURFACES["valley"], start=(1.0, 1.0), arrived=lambda x, y: False)
    path, _ = walk(bowl, partial(optim.RMSprop, alpha=0.9), lr, steps, (lambda t: 1 / sqrt(t + 1)) if decay else None)
    x, y = path[-1]
    last = lr / sqrt(steps) if decay else lr
    shown = sorted({round(10 ** (k / 60)) for k in range(60 * 5)} & set(range(steps + 1)))
    return {
        "x": abs(x) / last,
        "y": abs(y) / last,
        "value": bowl.value(x, y),
        "step": shown,
        "size": [max(abs(path[t][0]), abs(path[t - 1][0])) for t in shown],
        "tail": [x / last for x, _ in path[-16:]],
    }


RATIOS = (10, 100, 1000, 10_000, 100_000)


def centring(centered: bool = True, eps: float = 1e-8, seed: int = 0) -> Outcome:
    """Mean step, in units of the rate, for gradients of mean 1 whose noise is 10 to 100,000 times smaller.

    alpha is 0.99; the mean is that of steps 4001 to 7000, when even a variance of 1e-10 stands above what is left of
    the start, alpha^t.

    Args:
        centered: divide by the root of the variance instead of the mean square.
        eps: added to the root.
        seed: of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = 1 / torch.tensor(RATIOS, dtype=torch.float64)
    w = torch.zeros(len(RATIOS), dtype=torch.float64, requires_grad=True)
    rule = optim.RMSprop([w], lr=1.0, eps=eps, centered=centered)
    start = w.detach().clone()
    for step in range(7000):
        if step == 4000:
            start = w.detach().clone()
        w.grad = 1 + noise * torch.randn(len(RATIOS), generator=generator, dtype=torch.float64)
        rule.step()
    steps = ((start - w.detach()) / 3000).tolist()
    found = {f"step {ratio}": step for ratio, step in zip(RATIOS, steps, strict=True)}
    return found | {"constant": list(constant_gradient(centered, eps))}


def constant_gradient(centered: bool, eps: float) -> Iterator[float]:
    """The steps 1 to 200, in units of the rate, under a gradient that is 1 all along, with alpha 0.9."""
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    rule = optim.RMSprop([w], lr=1.0, alpha=0.9, eps=eps, centered=centered)
    w.grad = torch.ones_like(w)
    for _ in range(200):
        before = w.item()
        rule.step()
        yield before - w.item()


def eps_place(place: Literal["outside", "inside"] = "outside", eps: float = 1e-8, seed: int = 0) -> Outcome:
    """From which gradient on a weight moves at half the rate or more, with eps outside or inside the root.

    Every gradient stays the same for 200 steps; alpha is 0.9. Outside is `firsthand.optim.RMSprop`.

    Args:
        place: of eps: sqrt(s) + eps (torch), or sqrt(s + eps) (TensorFlow).
        eps: its value.
        seed: not used, nothing is random.
    """
    sizes = torch.logspace(-12, 2, 14 * 200 + 1, dtype=torch.float64)
    w = torch.zeros_like(sizes, requires_grad=True)
    w.grad = sizes.clone()
    step: Tensor = torch.zeros_like(sizes)
    if place == "outside":
        rule = optim.RMSprop([w], lr=1.0, alpha=0.9, eps=eps)
        for _ in range(200):
            before = w.detach().clone()
            rule.step()
            step = before - w.detach()
    else:
        s = torch.zeros_like(sizes)
        for _ in range(200):
            s = 0.9 * s + 0.1 * sizes**2
            step = sizes / torch.sqrt(s + eps)
    half = sizes[(step >= 0.5).nonzero()[0, 0]].item()
    return {"half": half, "gradient": sizes[::20].tolist(), "step": step[::20].tolist()}


WALKERS: dict[str, Callable[..., optim.Rule]] = {
    "sgd": optim.SGD,
    "rmsprop-0.9": partial(optim.RMSprop, alpha=0.9),
    "rmsprop-0.99": partial(optim.RMSprop, alpha=0.99),
    "momentum": partial(optim.RMSprop, alpha=0.99, momentum=0.9),
}


def surfaces(
    method: Literal["sgd", "rmsprop-0.9", "rmsprop-0.99", "momentum"] = "rmsprop-0.9", seed: int = 0
) -> Outcome:
    """Steps to arrive on five surfaces in the plane, at the rule's fastest rate on each.

    Args:
        method: the rule; momentum is RMSprop with alpha 0.99 and momentum 0.9.
        seed: not used, nothing is random.
    """
    return race(WALKERS[method])


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {
    "nine-to-one": nine_to_one,
    "scale-freedom": scale_freedom,
    "floor": floor,
    "centring": centring,
    "eps-place": eps_place,
    "surfaces": surfaces,
}
