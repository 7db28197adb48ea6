"""What the claims about Adam measure beside training runs: curves of training, single steps, and walks."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from math import hypot, isfinite, nan, sqrt
from typing import Any, Literal

import torch
from torch import Tensor

from firsthand.data.order import Order
from firsthand.data.specs import Images
from firsthand.optim import SGD, Adam, Adamax, RMSprop
from firsthand.optim.rule import Many, Rule
from firsthand.optim.surfaces import SURFACES, race, walk
from firsthand.papers.adam.descent import descend
from firsthand.papers.adam.recipe import PRESETS
from firsthand.papers.adam.sparse import sparse
from firsthand.papers.adam.vae import VAE
from firsthand.train.recipe import Optim, RuleName, Schedule, schedule_for
from firsthand.train.task import evaluate

EXPONENTS = (-3.5, -3.0, -2.5, -2.0)  # log10 of the rates of figure 4 that matter
SCALES = tuple(10.0**power for power in range(-12, 5))
RATIOS = tuple(10 ** (power / 4) for power in range(-8, 7))  # signal over noise, 0.01 to 32


class Uncorrected(Rule):
    """Adam without the correction: its running means start at 0 and are taken as they are.

        m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2        w <- w - lr m / (sqrt(v) + eps)

    `amsgrad` divides by the root of the largest v so far.
    Source: Kingma & Ba (2015), sec. 6.4; Reddi, Kale & Kumar (2018), algorithms 1 and 2, both without correction.
    """

    counts = False

    def __init__(self, params, lr: float = 1e-3, betas=(0.9, 0.999), eps: float = 1e-8, amsgrad: bool = False):
        super().__init__(params, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad)

    def memory(self, group: dict) -> dict[str, float | int]:
        return {"exp_avg": 0, "exp_avg_sq": 0} | ({"max_exp_avg_sq": 0} if group["amsgrad"] else {})

    def update(self, group: dict, t: int, params: Many, grads: Many, means: Many, squares: Many, *more: Many) -> None:
        beta1, beta2 = group["betas"]
        torch._foreach_lerp_(means, grads, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, grads, grads, 1 - beta2)
        if group["amsgrad"]:
            (largest,) = more
            torch._foreach_maximum_(largest, squares)
            squares = largest
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, group["eps"])
        torch._foreach_addcdiv_(params, means, roots, -group["lr"])


def vae(
    beta1: float = 0.9, beta2: float = 0.999, corrected: bool = True, steps: int = 600, seed: int = 0
) -> dict[str, Any]:
    """The loss of the VAE of figure 4 after one pass over binary MNIST, for four rates.

    Args:
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        corrected: Adam as published; else the rule without its bias correction.
        steps: batches of 100 images for each rate; 600 are one pass.
        seed: of the bits, the first weights, the order and the noise, which all rates share.
    """
    images, _ = Images(validation=0).load().train
    generator = torch.Generator().manual_seed(seed)
    bits = (torch.rand(images.shape, generator=generator) * 255 < images).flatten(1)
    rule = Adam if corrected else Uncorrected
    found: dict[str, Any] = {}
    for exponent in EXPONENTS:
        torch.manual_seed(seed)
        network, order, noise = VAE(), Order(len(bits), 100, seed=seed), torch.Generator().manual_seed(seed)
        losses = (
            network.loss(bits[order.indices(step)].float(), torch.randn(100, 50, generator=noise))
            for step in range(steps)
        )
        curve = list(descend(rule(network.parameters(), lr=10**exponent, betas=(beta1, beta2)), losses))
        last = curve[-min(100, steps) :]
        found[f"loss at {exponent:g}"] = sum(last) / len(last) if all(map(isfinite, last)) else None
    return found


def learn(
    network: Literal["logistic", "mlp"] = "logistic",
    rule: RuleName = "adam",
    lr: float = 0.001,
    momentum: float = 0.0,
    decay: bool = False,
    epochs: int = 10,
    seed: int = 0,
) -> dict[str, Any]:
    """The training cost of a network of section 6 on MNIST, pass by pass.

    Args:
        network: logistic regression, or the two hidden layers of 1,000 with dropout.
        rule: the update rule, its other options at their defaults; of AdaDelta rho is 0.95.
        lr: learning rate.
        momentum: of SGD, taken with Nesterov's step; 0 for none.
        decay: divide the rate by the root of the number of the step.
        epochs: passes over the 60,000 images.
        seed: of the first weights, the order and dropout.
    """
    options = {"momentum": momentum, "nesterov": True} if momentum else {"rho": 0.95} if rule == "adadelta" else {}
    schedule = Schedule("inverse-sqrt", warmup=1) if decay else Schedule()
    recipe = PRESETS["logistic" if network == "logistic" else "paper"]
    recipe = replace(recipe, optim=Optim(rule, lr=lr, **options), schedule=schedule, seed=seed)
    torch.manual_seed(seed)
    task = recipe.task(recipe)
    model = task.model()
    optimizer, factor = task.optimizer(model), schedule_for(recipe)
    order = Order(len(task.train), recipe.batch, recipe.order, seed)

    def losses() -> Iterator[Tensor]:
        for step in range(epochs * order.steps_per_epoch):
            for group in optimizer.param_groups:
                group["lr"] = lr * factor(step)
            yield task.loss(model, task.train.batch(order.indices(step)))

    costs, after, taken = [], [], descend(optimizer, losses())
    for _ in range(epochs):
        values = list(islice(taken, order.steps_per_epoch))
        costs.append(sum(values) / len(values) if len(values) == order.steps_per_epoch else nan)
        if network == "logistic":  # of the other network this would take as long as a tenth of the pass
            after.append(evaluate(task, model, task.train)["loss"])
    scores = {f"{split}_{name}": value for split in ("train", "test")
              for name, value in evaluate(task, model, getattr(task, split)).items()}  # fmt: skip
    told = {f"cost {epoch}": costs[epoch - 1] for epoch in (1, 2, 5, 10) if epoch <= epochs}
    told |= {f"loss {epoch}": after[epoch - 1] for epoch in (1, 2, 5, 10) if epoch <= len(after)}
    told = {name: value if isfinite(value) else None for name, value in (told | scores).items()}
    return told | {"costs": [cost if isfinite(cost) else None for cost in costs], "losses": after}


def counterexample(
    large: float = 1010.0,
    small: float = 10.0,
    period: int = 101,
    beta1: float = 0.9,
    beta2: float = 0.99,
    amsgrad: bool = False,
    lr: float = 0.5,
    steps: int = 1_000_000,
    seed: int = 0,
) -> dict[str, Any]:
    """Where x in [-1, 1] ends that mostly slopes down to +1 although the sum of all slopes says -1.

    The loss of step t is large x if t mod period = 1, else -small x; the rate is lr / sqrt(t). There is no bias
    correction, as in the paper that found this. Plain numbers: a million steps of one weight.

    Args:
        large: the rare slope; the best x is -1 if it exceeds (period - 1) small.
        small: the usual slope, to the other side.
        period: steps between two rare ones.
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        amsgrad: divide by the root of the largest mean of squares so far.
        lr: learning rate before its decay.
        steps: how many.
        seed: nothing is random.
    """
    x, m, v, top = 0.0, 0.0, 0.0, 0.0
    shown = {round(10 ** (i / 60)) for i in range(1, 361)}
    series: dict[str, list[float]] = {"step": [], "place": []}
    for t in range(1, steps + 1):
        g = large if t % period == 1 else -small
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        top = max(top, v) if amsgrad else v
        x = min(1.0, max(-1.0, x - lr / sqrt(t) * m / sqrt(top)))
        if t in shown or t == steps:
            series["step"].append(t)
            series["place"].append(x)
    return {"end": x} | series


def rare(
    beta1: float = 0.9, beta2: float = 0.999, corrected: bool = True, longest: int = 20_000, seed: int = 0
) -> dict[str, Any]:
    """How long the step is, in units of alpha, for the first gradient after a number of steps without any.

    Args:
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        corrected: Adam as published; else the rule without its bias correction.
        longest: the most steps without a gradient.
        seed: nothing is random.
    """
    waits = sorted({0, longest} | {round(longest ** (i / 80)) for i in range(80)})
    turns = torch.tensor(waits)
    places = torch.zeros(len(waits), dtype=torch.float64).requires_grad_()  # one weight for each wait
    rule = (Adam if corrected else Uncorrected)([places], lr=1.0, betas=(beta1, beta2), eps=1e-30)
    steps = torch.zeros(len(waits), dtype=torch.float64)
    for t in range(longest + 1):
        places.grad = (turns == t).double()
        before = places.detach().clone()
        rule.step()
        steps = torch.where(turns == t, (places.detach() - before).abs(), steps)
    return {"first": steps[0].item(), "largest": steps.max().item(), "waits": waits, "steps": steps.tolist()}


def noise(beta1: float = 0.9, beta2: float = 0.999, steps: int = 6000, seed: int = 0) -> dict[str, Any]:
    """How far Adam gets a step, in units of alpha, when the gradient is a signal under noise of standard deviation 1.

    Args:
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        steps: how many; the second half is measured.
        seed: of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    signal = torch.tensor(RATIOS, dtype=torch.float64)
    places = torch.zeros(100, len(RATIOS), dtype=torch.float64).requires_grad_()
    rule = Adam([places], lr=1.0, betas=(beta1, beta2))
    squares = torch.zeros_like(signal)
    for t in range(steps):
        if t == steps // 2:
            start = places.detach().clone()
        before = places.detach().clone()
        places.grad = signal + torch.randn(places.shape, generator=generator, dtype=torch.float64)
        rule.step()
        if t >= steps // 2:
            squares += (places.detach() - before).square().mean(0)
    count = steps - steps // 2
    travel = ((start - places.detach()).mean(0) / count).tolist()
    lengths = (squares / count).sqrt().tolist()
    expected = [s / sqrt(1 + s * s) for s in RATIOS]
    at = {round(ratio, 3): place for place, ratio in enumerate(RATIOS)}
    return {
        "travel at 0.1": travel[at[0.1]],
        "travel at 1": travel[at[1.0]],
        "travel at 10": travel[at[10.0]],
        "length at 0.1": lengths[at[0.1]],
        "gap": max(abs(t - e) for t, e in zip(travel, expected, strict=True)),
        "ratios": list(RATIOS),
        "travel": travel,
        "lengths": lengths,
    }


def rescaled(eps: float = 1e-8, steps: int = 1000, seed: int = 0) -> dict[str, Any]:
    """How far Adam's path on Rosenbrock's function strays when every gradient is multiplied by a constant.

    The distance is the largest between the two paths at the same step, as a share of the reach of the path itself.

    Args:
        eps: what is added to the root of the mean of squares.
        steps: how many, at the rate 0.01.
        seed: nothing is random.
    """
    surface = SURFACES["Rosenbrock"]

    def path(scale: float) -> list[tuple[float, float]]:
        def slope(x: float, y: float) -> tuple[float, float]:
            dx, dy = surface.slope(x, y)
            return scale * dx, scale * dy

        return walk(replace(surface, slope=slope), partial(Adam, eps=eps), 0.01, steps)[0]

    original = path(1.0)
    reach = max(hypot(x - surface.start[0], y - surface.start[1]) for x, y in original)
    apart = []
    for scale in SCALES:
        pairs = zip(original, path(scale), strict=True)
        apart.append(max(hypot(x - u, y - v) for (x, y), (u, v) in pairs) / reach)
    at = {f"{scale:.0e}": share for scale, share in zip(SCALES, apart, strict=True)}
    return {
        "at 1e-9": at["1e-09"],
        "at 1e-6": at["1e-06"],
        "at 1e3": at["1e+03"],
        "scales": list(SCALES),
        "apart": apart,
    }


METHODS = {"Adam": Adam, "AdaMax": Adamax, "RMSprop": RMSprop, "SGD with momentum": partial(SGD, momentum=0.9)}
WIDE = (0.001, 0.01, 0.1, 1.0)


def surfaces(
    method: Literal["Adam", "AdaMax", "RMSprop", "SGD with momentum"] = "Adam", seed: int = 0
) -> dict[str, Any]:
    """Steps to arrive on five surfaces at the fastest rate, and how often four rates arrive on four of them at all.

    Args:
        method: the update rule; momentum is 0.9.
        seed: nothing is random.
    """
    rule = METHODS[method]
    arrivals = [
        sum(walk(surface, rule, lr)[1] for lr in WIDE) for name, surface in SURFACES.items() if name != "saddle"
    ]
    return race(rule) | {"arrivals": sum(arrivals)}


EXPERIMENTS = {
    "vae": vae,
    "learn": learn,
    "sparse": sparse,
    "counterexample": counterexample,
    "rare": rare,
    "noise": noise,
    "rescaled": rescaled,
    "surfaces": surfaces,
}
