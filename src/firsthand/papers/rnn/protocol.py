"""The Time Machine as Dive into Deep Learning reads it, in a loop of its own: any cell, and every gradient's norm."""

from math import exp, inf, isfinite
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Module

from firsthand import optim
from firsthand.claims.bench.recurrent import Recurrent
from firsthand.nn import GRU, LSTM, RNN, cross_entropy, log_softmax
from firsthand.papers.rnn.counts import characters

Cell = Literal["rnn", "lstm", "gru"]
CELLS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
HIDDEN, WINDOW, BATCH = 32, 32, 1024


@torch.no_grad()
def by_place(network: Module, windows: Int[Tensor, "windows places"]) -> Float[Tensor, " time"]:
    """The mean loss in nats at every place of a window, that is after 1, 2, ... characters read."""
    total = torch.zeros(windows.shape[1] - 1, dtype=torch.float64)
    for rows in windows.split(BATCH):
        logp = log_softmax(network(rows[:, :-1]).flatten(0, 1)).view(*rows[:, 1:].shape, -1)
        total -= logp.gather(2, rows[:, 1:, None]).squeeze(2).sum(0)
    return total / len(windows)


def perplexity(loss: float) -> float | None:
    """e to the power of the loss; none of a loss that is no number."""
    return exp(min(loss, 700.0)) if isfinite(loss) else None


def learn(
    cell: Cell, layers: int, rate: float, epochs: int, clip: float | None, seed: int
) -> tuple[dict[str, Any], list[float]]:
    """Train by the book; returns what came of it, and the gradient's norm before clipping at every update."""
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    *texts, vocab = characters()
    train, val = (text.unfold(0, WINDOW + 1, 1) for text in texts)
    network = Recurrent(CELLS[cell](vocab, HIDDEN, layers), vocab)
    rule = optim.SGD(network.parameters(), lr=rate)
    norms: list[float] = []
    curve: list[float] = []
    for _ in range(epochs):
        losses = []
        for rows in torch.randperm(len(train), generator=generator).split(BATCH):
            loss = cross_entropy(network(train[rows, :-1]).flatten(0, 1), train[rows, 1:].flatten())
            rule.zero_grad()
            loss.backward()
            norms.append(optim.clip_by_norm(network.parameters(), inf if clip is None else clip).item())
            rule.step()
            losses.append(loss.item())
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
