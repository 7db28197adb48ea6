"""A paper's network against its torch.nn twin: outputs, loss, every gradient, and the weights after ten steps.

How far they may lie apart, and why on any machine, says `firsthand.check.rounding`. A network that can go on from the
state in which it ended must say in pieces what it says in one go, and pass the same gradients back through its states.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from firsthand import papers
from firsthand.check.rounding import EXACT, NETWORK, Draw, Row, allowed, apart, draws, moved
from firsthand.check.twin import Twin
from firsthand.data.sentences import BOS
from firsthand.errors import UserError

STEPS = 10
IN_PIECES = " in pieces"


def check(key: str) -> list[Row]:
    """Compare every variant of a paper's network with its twin, and the rule that a paper is about with torch.optim's.

    Raises UserError for an unknown paper, or one without a network or a twin.
    """
    paper = papers.get(key)
    paper.require_network()
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
    generators = [torch.Generator().manual_seed(100 + i) for i in range(STEPS)]
    batches = [network.batch_for(task.recipe, network.examples, generator) for generator in generators]

    def run(twin: bool, dtype: torch.dtype, draw: Draw | None = None) -> dict[str, list[Tensor]]:
        return results(task, *pair(start, network(task.recipe.model) if twin else None, task, dtype), batches, draw)

    truth, found = run(True, torch.float64), run(False, torch.float64)
    if hasattr(start, "advance") or task.translates:
        found |= in_pieces(deepcopy(start), task, batches[0])
    for what, ours in found.items():
        yield Row(key, variant, "float64", what, apart(ours, truth[what.removesuffix(IN_PIECES)]), EXACT)
    found, references = run(False, torch.float32), [run(True, torch.float32, draw) for draw in draws()]
    for what, ours in found.items():
        bound = allowed((apart(theirs[what], truth[what]) for theirs in references), torch.float32, NETWORK)
        yield Row(key, variant, "float32", what, apart(ours, truth[what]), bound)


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
    task: Any, network: nn.Module, optimizer: Any, batches: list, draw: Draw | None = None
) -> dict[str, list[Tensor]]:
    """Outputs, loss and gradients of the first batch, evaluation outputs, and the weights after ten steps.

    With a draw the inputs, and the weights before every step, are `moved`.
    """
    found: dict[str, list[Tensor]] = {}
    dtype = next(network.parameters()).dtype
    network.train()
    torch.manual_seed(0)  # ours and the twin draw the same masks, in every precision
    for number, (inputs, targets) in enumerate(batches):
        inputs = moved(as_floats(inputs, dtype), draw, NETWORK)
        if draw is not None:
            with torch.no_grad():
                for p in network.parameters():
                    p.copy_(moved(p, draw, NETWORK))
        seen: list[Any] = []
        handle = network.register_forward_hook(lambda _, __, outputs, seen=seen: seen.append(outputs))
        is_twin = isinstance(network, Twin)
        batch = (inputs, targets)
        loss = network.loss(network(*task.given(batch)), targets) if is_twin else task.loss(network, batch)
        handle.remove()
        optimizer.zero_grad()
        loss.backward()
        if number == 0:
            outputs = seen[0] if isinstance(seen[0], tuple) else seen[:1]
            found["outputs"] = [part.detach().clone() for part in outputs if part is not None]
            found["loss"] = [loss.detach().clone()]
            found["gradients"] = [g.clone() for g in named(network, "gradient")]
        optimizer.step()
    found[f"weights after {STEPS} steps"] = [w.clone() for w in named(network, "weight")]
    network.eval()
    with torch.no_grad():
        found["in eval mode"] = [network(*task.given((as_floats(batches[0][0], dtype), batches[0][1])))]
    return found


def in_pieces(network: nn.Module, task: Any, batch: tuple[Tensor, Tensor]) -> dict[str, list[Tensor]]:
    """Outputs, loss and gradients of pieces of 1, 2, 3, ... tokens, each from the state after the one before.

    A network that translates reads the source at once and writes the target in pieces.
    """

    class Pieces(nn.Module):
        def forward(self, tokens: Tensor, target: Tensor | None = None) -> Tensor:
            state, outputs, end = None, [], 0
            advance = network.advance if target is None else partial(decode, memory=network.encode(tokens))
            if target is not None:
                tokens = torch.cat([torch.full_like(target[:, :1], BOS), target[:, :-1]], 1)
            for size in range(1, tokens.shape[1] + 1):
                if end < tokens.shape[1]:
                    y, state = advance(tokens[:, end : end + size], state)
                    outputs.append(y)
                    end += size
            self.outputs = torch.cat(outputs, 1)
            return self.outputs

    def decode(tokens: Tensor, state: Any, memory: Any) -> tuple[Tensor, Any]:
        return network.decode(tokens, memory, state)

    pieces = Pieces()
    loss = task.loss(pieces, batch)
    loss.backward()
    found = {"outputs": [pieces.outputs.detach()], "loss": [loss.detach()], "gradients": named(network, "gradient")}
    return {what + IN_PIECES: values for what, values in found.items()}


def as_floats(inputs: Tensor, dtype: torch.dtype) -> Tensor:
    """Tokens stay as they are."""
    return inputs.to(dtype) if inputs.is_floating_point() else inputs


def named(network: nn.Module, kind: str) -> list[Tensor]:
    """Parameters or gradients in the order of our names."""
    if isinstance(network, Twin):
        found = network.named(kind)
        return [found[name] for name in sorted(found)]
    found = {
        name: p.detach() if kind == "weight" else p.grad for name, p in network.named_parameters() if p.requires_grad
    }
    return [found[name] for name in sorted(found)]
