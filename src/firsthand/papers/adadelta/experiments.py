"""What the claims measure beside training runs: error pass by pass, effective learning rates, where steps settle."""

from collections.abc import Iterator
from dataclasses import replace
from math import sqrt
from typing import Literal

import torch
from torch import Tensor
from torch.nn import Module, Parameter
from torch.optim import Optimizer

from firsthand.data.order import Order
from firsthand.optim import SGD, Adadelta, surfaces
from firsthand.papers.adadelta.model import Config
from firsthand.papers.adadelta.recipe import PRESETS, Recipe
from firsthand.papers.claim import Outcome
from firsthand.train.engine import tiny_is_zero
from firsthand.train.recipe import Optim
from firsthand.train.task import Task, evaluate

PAPER = PRESETS["paper"]
PASS = 600  # steps over the 60,000 images

# The best cells of tables 1 and 2; of SGD the second best, which figure 1 shows.
BEST = {
    "SGD": Optim("sgd", lr=0.1),
    "momentum": Optim("sgd", lr=0.1, momentum=0.9),
    "AdaGrad": Optim("adagrad", lr=0.01),
    "Adadelta": PAPER.optim,
}


def training(recipe: Recipe) -> Iterator[tuple[int, Task, Module, Optimizer]]:
    """Train as `firsthand train` would, to the same bits: yields the number of steps done, before each next step.

    The next step's gradients are there, its update is not. It yields once more after the last step.
    """
    torch.manual_seed(recipe.seed)
    task = recipe.task(recipe)
    network = task.model()
    optimizer = task.optimizer(network)
    order = Order(len(task.train), recipe.batch, recipe.order, recipe.seed)
    with tiny_is_zero():
        for step in range(recipe.steps):
            optimizer.zero_grad()
            task.loss(network, task.train.batch(order.indices(step))).backward()
            yield step, task, network, optimizer
            optimizer.step()
        yield recipe.steps, task, network, optimizer


def curves(
    rule: Literal["SGD", "momentum", "AdaGrad", "Adadelta"] = "Adadelta", epochs: int = 10, seed: int = 0
) -> Outcome:
    """Test error in % after every pass over MNIST's 60,000 training images, at the rule's best setting.

    Args:
        rule: how the network learns.
        epochs: passes; the paper has 50.
        seed: of first weights and the order of the images.
    """
    found = []
    for step, task, network, _ in training(replace(PAPER, optim=BEST[rule], steps=PASS * epochs, seed=seed)):
        if step and step % PASS == 0:
            found.append(100 * evaluate(task, network, task.test)["error"])
    return {f"epoch {n}": found[n - 1] for n in (1, 6, 10, 20, 50) if n <= epochs} | {"error": found}


def rates(eps: float = 1e-6, epochs: int = 6, every: int = 60, seed: int = 0) -> Outcome:
    """Effective learning rates RMS[dx] / RMS[g] in the three layers of the tanh network.

    "layer 1" is the median over 1,000 of its weights and the first two passes; "layer 1 lit" is the same without the
    weights of pixels that are black in every image. "layer 1 free, first" is the share of rates above 0.5 in the first
    pass, "layer 1 free, last" in the last. The lists are rates of ten weights, record after record.

    Args:
        eps: what starts Adadelta and keeps it going.
        epochs: passes over the 60,000 images; the paper has 25.
        every: steps between two records.
        seed: of first weights, the order of the images and the choice of weights.
    """
    chosen: list[Tensor] = []
    lit: list[Tensor] = []
    seen: list[list[Tensor]] = [[], [], []]
    rule = replace(PAPER.optim, eps=eps)
    recipe = replace(PAPER, model=Config(activation="tanh"), optim=rule, steps=PASS * epochs, seed=seed)
    for step, task, network, optimizer in training(recipe):
        if not chosen:
            dice = torch.Generator().manual_seed(seed)
            weights = [layer.weight for layer in network.layers]
            chosen = [torch.randperm(w.numel(), generator=dice)[:1000] for w in weights]
            pixels = task.train.inputs.flatten(1).any(0)
            lit = [pixels[chosen[0] % 784], *(torch.ones(1000, dtype=torch.bool) for _ in weights[1:])]
        if step and step % every == 0:
            for layer, (weight, places) in enumerate(zip(weights, chosen, strict=True)):
                seen[layer].append(effective_rate(optimizer, weight).flatten()[places])
    found: dict[str, float | list] = {"step": list(range(every, recipe.steps + 1, every))}
    per_pass = PASS // every
    for layer, records in enumerate(seen, start=1):
        rate = torch.stack(records)  # (record, weight)
        free = (rate > 0.5).float().mean(1)
        found[f"layer {layer}"] = rate[: 2 * per_pass].median().item()
        found[f"layer {layer} lit"] = rate[: 2 * per_pass, lit[layer - 1]].median().item()
        found[f"layer {layer} free, first"] = free[:per_pass].mean().item()
        found[f"layer {layer} free, last"] = free[-per_pass:].mean().item()
        found[f"layer {layer} rates"] = rate[:, :10].T.tolist()
        found[f"layer {layer} free"] = free.tolist()
        found[f"layer {layer} median"] = rate[:, lit[layer - 1]].median(1).values.tolist()
    return found


def effective_rate(optimizer: Adadelta, weight: Parameter) -> Tensor:
    """RMS[dx]_(t-1) / RMS[g]_t, what the next step multiplies each gradient by; the gradients must be there.

    Source: section 4.3, figure 2.
    """
    options, state = optimizer.param_groups[0], optimizer.state[weight]
    rho, eps = options["rho"], options["eps"]
    squares = rho * state["square_avg"] + (1 - rho) * weight.grad.square()
    return ((state["acc_delta"] + eps) / (squares + eps)).sqrt()


def edge(curvature: float = 10.0, steps: int = 100_000, seed: int = 0) -> Outcome:
    """How far Adadelta still jumps about the minimum of curvature x^2 / 2, started at x = 1.

    "amplitude" is the largest |x| of the last ten steps; "law" is sqrt(eps steps (1/4 - 1/curvature^2)), 0 where the
    curvature is 2 or less; "lowest" is the smallest amplitude on the way. The lists follow the amplitude.

    Args:
        curvature: the second derivative.
        steps: how many are taken.
        seed: of nothing, there is no chance in this.
    """
    marks = {int(10 ** (n / 8)) for n in range(8, 1000) if 10 ** (n / 8) <= steps} | {steps}
    recent: list[float] = []
    path: list[tuple[int, float]] = []
    for step, x in enumerate(walk(curvature, steps), start=1):
        recent = [*recent[-9:], abs(x)]
        if step in marks:
            path.append((step, max(recent)))
    return {
        "amplitude": path[-1][1],
        "law": sqrt(1e-6 * steps * max(0.25 - curvature**-2, 0.0)),
        "lowest": min(size for _, size in path),
        "step": [step for step, _ in path],
        "size": [size for _, size in path],
    }


def walk(curvature: float, steps: int, rho: float = 0.95, eps: float = 1e-6) -> Iterator[float]:
    """Where algorithm 1 stands after each step, from x = 1: the rule of `firsthand.optim` in plain numbers, for speed.

    Source: algorithm 1.
    """
    x, squares, moves = 1.0, 0.0, 0.0
    for _ in range(steps):
        g = curvature * x
        squares = rho * squares + (1 - rho) * g * g
        dx = -sqrt((moves + eps) / (squares + eps)) * g
        moves = rho * moves + (1 - rho) * dx * dx
        x += dx
        yield x


def race(method: Literal["rho 0.9", "rho 0.95", "rho 0.99", "SGD"] = "rho 0.95", seed: int = 0) -> Outcome:
    """Steps that Adadelta, without a learning rate, or SGD at its fastest rate needs on five surfaces.

    Args:
        method: Adadelta's memory, or SGD.
        seed: of nothing, there is no chance in this.
    """
    if method == "SGD":
        return surfaces.race(SGD)
    rho = float(method.removeprefix("rho "))
    return surfaces.race(lambda params, lr: Adadelta(params, lr=lr, rho=rho, eps=1e-6), rates=(1.0,))


EXPERIMENTS = {"curves": curves, "rates": rates, "edge": edge, "surfaces": race}
