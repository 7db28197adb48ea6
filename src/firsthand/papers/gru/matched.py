"""Units with equally many weights on the same text: what two claims compare."""

from dataclasses import replace
from functools import partial
from math import exp
from typing import Literal

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.book import TEXT, WINDOW, Windows, read_through, surprises, windows
from firsthand.claims.bench.descent import seeded
from firsthand.claims.bench.recurrent import LAYERS, Recurrent
from firsthand.figures.curves import Runs, lines, log_ticks, series
from firsthand.figures.style import AMBER, BLUE, GREEN, INK, RED, subplots
from firsthand.nn import GRU, RNN

PASS = Measure("pass", "pass in which it is lowest", digits=0)
Unit = Literal["tanh", "gru", "gru-before", "gru-one-bias", "lstm"]


def one_bias(inputs: int, hidden: int) -> GRU:
    """A GRU without the bias inside the reset gate's product: it is 0, its gradient too, and so it stays."""
    layer = GRU(inputs, hidden)
    layer.bias_hh_l0.data.zero_()
    layer.bias_hh_l0.register_hook(torch.zeros_like)
    return layer


UNITS = LAYERS | {"tanh": RNN, "gru-before": partial(GRU, reset="before"), "gru-one-bias": one_bias}


@torch.no_grad()
def loss_of(network: Recurrent, rows: Windows) -> float:
    """The mean loss in nats a character, over all places of all windows."""
    return sum(surprises(network, part).double().sum().item() for part in rows.split(1024)) / (len(rows) * WINDOW)


def matched(
    unit: Unit = "gru", hidden: int = 68, epochs: int = 120, patience: int = 10, rate: float = 0.005, seed: int = 0
) -> Outcome:
    """The lowest perplexity on unseen characters of The Time Machine, whatever the number of passes it takes.

    60,000 characters are trained on in windows of 32, each from zeros, 64 at a time, by Adam with gradients clipped
    at 1; the next 20,000 are scored after every pass. "weights" are those of the recurrent layer, one bias a sum.

    Args:
        unit: the recurrent layer; a GRU's reset gate acts after the product, before it, or after it without the bias
            in it that torch has.
        hidden: its units.
        epochs: passes over the text at most.
        patience: passes without a lower perplexity after which it ends.
        rate: of Adam.
        seed: of weights and of the order of the windows.
    """
    generator = seeded(seed)
    train, val, vocab = windows(replace(TEXT, train=60_000, val=20_000), WINDOW)
    network = Recurrent(UNITS[unit](vocab, hidden), vocab)
    rule = optim.Adam(network.parameters(), lr=rate)
    curve, fitted = [], []
    for _ in range(epochs):
        losses, _ = read_through(network, rule, train, 64, generator)
        fitted.append(exp(torch.tensor(losses).mean().item()))
        curve.append(exp(loss_of(network, val)))
        if len(curve) - curve.index(min(curve)) > patience:
            break
    best = min(curve)
    layer = dict(network.layer.named_parameters())
    return {
        "val_perplexity": best,
        "pass": curve.index(best) + 1,
        "train_perplexity": fitted[curve.index(best)],
        "weights": sum(p.numel() for name, p in layer.items() if name != "bias_hh_l0"),
        "curve": curve,
        "fitted": fitted,
    }


TANH = Arm("tanh, 127 units", experiment=matched, overrides={"unit": "tanh", "hidden": 127})
COLOURS = {TANH.name: INK, "GRU, 68 units": BLUE, "LSTM, 58 cells": RED, "reset before the product": GREEN,
           "reset after it": BLUE, "reset after it, no bias inside": AMBER}  # fmt: skip


def compared(seen: Runs, title: str) -> Figure:
    """Validation perplexity pass by pass, a line a seed, and the lowest of each run side by side."""
    figure, left, right = subplots(10.5, 4.3, 2, width_ratios=(2.2, 1), sharey=True)
    for place, (name, runs) in enumerate(seen.items()):
        curves = series(runs)
        lines(left, curves, COLOURS[name], name, lw=1.2)
        best = [curve.min() for curve in curves]
        left.plot([curve.argmin() + 1 for curve in curves], best, "o", color=COLOURS[name], ms=5)
        right.plot([place] * len(best), best, "o", color=COLOURS[name], ms=6, alpha=0.7)
        right.plot(place, np.mean(best), "_", color=COLOURS[name], ms=26, mew=2)
    left.set_ylim(top=8)
    log_ticks(left, (5, 5.5, 6, 6.5, 7, 8))
    left.set(xlabel="passes over 60,000 characters", ylabel="perplexity on 20,000 others", title=title)
    left.legend(loc="upper right")
    right.set_xticks(range(len(seen)), [name.replace(" ", "\n", 2) for name in seen], fontsize=8.5)
    right.set(xlim=(-0.6, len(seen) - 0.4), title="lowest of each run")
    return figure
