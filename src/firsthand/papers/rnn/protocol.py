"""The Time Machine as Dive into Deep Learning reads it, in a loop of its own: any cell, and every gradient's norm."""

from math import exp, inf, isfinite
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.claims.bench.book import Windows, read_through, surprises, windows
from firsthand.claims.bench.descent import seeded
from firsthand.claims.bench.recurrent import LAYERS, Recurrent

Cell = Literal["rnn", "lstm", "gru"]
HIDDEN, BATCH = 32, 1024


@torch.no_grad()
def by_place(network: Module, rows: Windows) -> Float[Tensor, " time"]:
    """The mean loss in nats at every place of a window, that is after 1, 2, ... characters read."""
    return sum(surprises(network, part).sum(0).double() for part in rows.split(BATCH)) / len(rows)


def perplexity(loss: float) -> float | None:
    """e to the power of the loss; none of a loss that is no number."""
    return exp(min(loss, 700.0)) if isfinite(loss) else None


def learn(
    cell: Cell, layers: int, rate: float, epochs: int, clip: float | None, seed: int
) -> tuple[dict[str, Any], list[float]]:
    """Train by the book; returns what came of it, and the gradient's norm before clipping at every update."""
    generator = seeded(seed)
    train, val, vocab = windows()
    network = Recurrent(LAYERS[cell](vocab, HIDDEN, layers), vocab)
    rule = optim.SGD(network.parameters(), lr=rate)
    norms, curve = [], []
    for _ in range(epochs):
        losses, found = read_through(network, rule, train, BATCH, generator, inf if clip is None else clip)
        norms += found
        if not isfinite(sum(losses)):
            break
        curve.append(sum(losses) / len(losses))
    places = by_place(network, val)
    return {
        "train_perplexity": perplexity(by_place(network, train).mean().item()),
        "val_perplexity": perplexity(places.mean().item()),
        "parameters": sum(p.numel() for p in network.parameters()),
        "by place": [perplexity(loss) for loss in places.tolist()],
        "curve": curve,
    }, norms
