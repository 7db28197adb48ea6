"""A network that answers, trained with Adam on rows drawn anew at every step, and how often it is right."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.claims.bench.descent import descend
from firsthand.nn import cross_entropy

Batch = tuple[Tensor, ...]  # what goes in, and the answers last: one class a row, or several


def learn(
    network: Module, draw: Callable[[int], Batch], steps: int, lr: float, every: int = 25, target: float = float("inf")
) -> tuple[list[float], int | None]:
    """Train on 64 fresh rows a step.

    Returns the share of right rows every so many steps, on 512 fresh ones, and the step at which it reached `target`,
    where training ends.
    """
    rule, shares = optim.Adam(network.parameters(), lr=lr), []
    for step in range(1, steps + 1):
        *inputs, answers = draw(64)
        descend(rule, network, cross_entropy(network(*inputs).flatten(0, -2), answers.flatten()), clip=None)
        if step % every == 0:
            shares.append(right(network, draw(512)))
            if shares[-1] >= target:
                return shares, step
    return shares, None


@torch.no_grad()
def right(network: Module, batch: Batch) -> float:
    """The share of rows of which all answers are right."""
    *inputs, answers = batch
    hits = network(*inputs).argmax(-1) == answers
    return hits.view(len(hits), -1).all(1).float().mean().item()
