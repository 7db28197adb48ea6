"""A paper's network against its torch.nn twin: outputs, loss, every gradient, and the weights after ten steps.

In float64 the two may differ by 1e-10 relative. In float32 rounding alone moves every result, by an amount that differs
from quantity to quantity; so it is measured: the same network in float64 is the truth, and ours may lie at most four
times as far from it as torch.nn's float32 does (and never needs to be nearer than 32 units in the last place).
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from firsthand import papers
from firsthand.check.twin import Twin
from firsthand.errors import UserError

STEPS = 10
BATCH = 32


@dataclass(frozen=True)
class Row:
    """One comparison: how far two results lie apart and how far they may."""

    paper: str
    variant: str
    precision: str
    what: str
    difference: float
    allowed: float

    @property
    def holds(self) -> bool:
        """Whether the difference is small enough; a NaN never is, in our network or in the twin."""
        return self.difference <= self.allowed < float("inf")


def check(key: str) -> list[Row]:
    """Compare every variant of a paper's network with its twin, and the rule that a paper is about with torch.optim's.

    Raises UserError for an unknown paper or one without a twin.
    """
    paper = papers.get(key)
    try:
        twin = import_module(f"firsthand.check.twins.{key}")
    except ModuleNotFoundError as error:
        raise UserError(f"There is no twin to check '{key}' against: {error}.") from None
    variants = getattr(twin, "VARIANTS", None) or {"laptop": paper.preset("laptop")}
    rows = [row for name, recipe in variants.items() for row in compare(key, name, recipe, twin.Network)]
    if paper.card.rule is not None:
        from firsthand.check.rules import CASES, compare_rule

        rows += [row for options in CASES[paper.card.rule] for row in compare_rule(paper.card.rule, options)]
    return rows


def compare(key: str, variant: str, recipe: Any, network: type[Twin], seed: int = 0) -> Iterator[Row]:
    """The rows for one recipe."""
    torch.manual_seed(seed)
    task = recipe.task.without_data(stateless(recipe))
    start = task.model().double()
    batches = [network.batch_for(task.recipe, BATCH, torch.Generator().manual_seed(100 + i)) for i in range(STEPS)]
    ours = {
        dtype: results(task, *pair(start, None, task, dtype), batches, dtype)
        for dtype in (torch.float64, torch.float32)
    }
    twins = {
        dtype: results(task, *pair(start, network(task.recipe.model), task, dtype), batches, dtype)
        for dtype in (torch.float64, torch.float32)
    }
    for what in ours[torch.float64]:
        difference = apart(ours[torch.float64][what], twins[torch.float64][what])
        yield Row(key, variant, "float64", what, difference, 1e-10)
    for what in ours[torch.float32]:
        truth = twins[torch.float64][what]
        floor = 32 * torch.finfo(torch.float32).eps
        allowed = max(4 * apart(twins[torch.float32][what], truth), floor)
        yield Row(key, variant, "float32", what, apart(ours[torch.float32][what], truth), allowed)


def stateless(recipe: Any) -> Any:
    """The recipe with every batch from a state of zeros, as the twins have it: to carry one on is the task's matter."""
    return replace(recipe, order="shuffle") if recipe.order == "streams" else recipe


def pair(start: nn.Module, twin: Twin | None, task: Any, dtype: torch.dtype) -> tuple[nn.Module, Any]:
    """Our network, or the twin with its weights, in this precision, with our update rule or torch.optim's."""
    if twin is None:
        network = deepcopy(start).to(dtype)
        return network, task.optimizer(network)
    twin.recipe = task.recipe
    twin.double().copy_from(start)
    twin.to(dtype)
    return twin, twin.optimizer()


def results(
    task: Any, network: nn.Module, optimizer: Any, batches: list, dtype: torch.dtype
) -> dict[str, list[Tensor]]:
    """Outputs, loss and gradients of the first batch, evaluation outputs, and the weights after ten steps."""
    found: dict[str, list[Tensor]] = {}
    network.train()
    for number, (inputs, targets) in enumerate(batches):
        inputs = inputs.to(dtype) if inputs.is_floating_point() else inputs
        seen: list[Tensor] = []
        handle = network.register_forward_hook(lambda _, __, outputs, seen=seen: seen.append(outputs))
        is_twin = isinstance(network, Twin)
        loss = network.loss(network(inputs), targets) if is_twin else task.loss(network, (inputs, targets))
        handle.remove()
        optimizer.zero_grad()
        loss.backward()
        if number == 0:
            found |= {"outputs": [seen[0].detach().clone()], "loss": [loss.detach().clone()]}
            found["gradients"] = [g.clone() for g in named(network, "gradient")]
        optimizer.step()
    found[f"weights after {STEPS} steps"] = [w.clone() for w in named(network, "weight")]
    network.eval()
    with torch.no_grad():
        inputs = batches[0][0]
        found["in eval mode"] = [network(inputs.to(dtype) if inputs.is_floating_point() else inputs)]
    return found


def named(network: nn.Module, kind: str) -> list[Tensor]:
    """Parameters or gradients in the order of our names."""
    if isinstance(network, Twin):
        found = network.named(kind)
        return [found[name] for name in sorted(found)]
    found = {
        name: p.detach() if kind == "weight" else p.grad for name, p in network.named_parameters() if p.requires_grad
    }
    return [found[name] for name in sorted(found)]


def apart(ours: list[Tensor], theirs: list[Tensor]) -> float:
    """The largest difference of any element, relative to the largest element of its tensor; NaN counts as infinite."""
    if [t.shape for t in ours] != [t.shape for t in theirs]:
        return float("inf")
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        scale = max(b.double().abs().max().item(), 1e-300)
        difference = (a.double() - b.double()).abs().max().item() / scale
        worst = max(worst, difference if difference == difference else float("inf"))
    return worst
