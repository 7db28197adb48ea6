"""Embedded Reber strings without end, with forget gates and without."""

from typing import Literal

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.claims.bench.descent import descend, seeded
from firsthand.data import synthetic
from firsthand.figures.curves import Runs, metric, named
from firsthand.figures.style import BLUE, INK, MUTED, RED, subplots
from firsthand.nn import cross_entropy
from firsthand.papers.lstm.cells import network


def streams(
    cell: Literal["lstm-1997", "lstm"] = "lstm",
    keep_bias: float = 0.0,
    hidden: int = 12,
    steps: int = 1500,
    seed: int = 0,
) -> Outcome:
    """The share of far symbols right in Reber strings without end, where nobody resets the state, and how it grows.

    Trained with Adam at 0.01 on 8 streams, 40 symbols a step, the state carried along; scored on 8 new streams of
    4,000 symbols. "all" is the share of all symbols that are right, "size" the mean over the last 1,000 symbols of the
    norm of the cells.

    Args:
        cell: with a forget gate or without.
        keep_bias: added to the first biases of the forget gates.
        hidden: cells.
        steps: of training, 320 symbols each.
        seed: of weights and streams.
    """
    generator = seeded(seed)
    net = network(cell, 7, hidden, 7, keep_bias)
    rule = optim.Adam(net.parameters(), lr=0.01)
    stream = synthetic.reber_stream(8, 40 * steps, generator)
    state, grown = None, []
    for number in range(steps):
        window = slice(40 * number, 40 * (number + 1))
        scores, (h, c) = net.advance(stream.inputs[:, window], state)
        state = h.detach(), c.detach()
        descend(rule, net, cross_entropy(scores.flatten(0, 1), stream.targets[:, window].flatten()))
        grown.append(c.detach().norm(dim=2).mean().item())
    test, sizes, scores, state = synthetic.reber_stream(8, 4000, generator), [], [], None
    with torch.no_grad():
        for inputs in test.inputs.split(20, 1):
            found, state = net.advance(inputs, state)
            scores.append(found)
            sizes.append(state[1].norm(dim=2).mean().item())
    right = test.right(torch.cat(scores, 1))
    return {
        "far": (right & test.due).sum().item() / test.due.sum().item(),
        "all": right.double().mean().item(),
        "size": sum(sizes[-50:]) / 50,
        "sizes": sizes,
        "grown": grown[::10],
    }


FAR = Measure("far", "far symbols right", digits=3)
SIZE = Measure("size", "norm of the cells at the end", digits=1)
OLD = Arm("LSTM of 1997", experiment=streams, overrides={"cell": "lstm-1997"})
GATED = Arm("with forget gates", experiment=streams, overrides={"keep_bias": 1.0})


def figure(seen: Runs) -> Figure:
    """The norm of the cells along the stream, and the far symbols that are right, a line and a dot a seed."""
    figure, left, right = subplots(11, 4.1, 2, width_ratios=(1.5, 1))
    left.set_yscale("log")
    named(left, seen, (RED, BLUE), 4080, 1.5, "sizes", every=20, lw=1.1)
    for place, (colour, runs) in enumerate(zip((RED, BLUE), seen.values(), strict=True)):
        found = 100 * np.array(metric(runs, FAR.name))
        right.plot(found, [place] * len(found), "o", color=colour, ms=7, alpha=0.7)
        right.text(found.mean(), place + 0.16, f"{found.mean():.1f} %", color=INK, ha="center", fontsize=9)
    left.set(xlim=(0, 5300), xlabel="symbols of the test stream", ylabel="norm of the cells",
             xticks=range(0, 4001, 1000), title="The cells on a stream without resets")  # fmt: skip
    right.axvline(50, color=MUTED, lw=0.8, ls=":")
    right.text(50.5, 0.45, "chance", color=INK, fontsize=8.5)
    right.set_yticks(range(2), list(seen))
    right.set(xlim=(-4, 104), ylim=(1.6, -0.6), xlabel="far symbols right (%)", title="What it predicts")
    return figure


CLAIM = Claim(
    key="forget",
    kind="the paper's statement",
    statement="On streams that are not cut into strings the cells of 1997 overflow; forget gates keep them useful.",
    where="2000, sections 2 and 4: continual embedded Reber strings",
    measures=(FAR, Measure("all", "symbols right", digits=3), SIZE),
    arms=(OLD, GATED),
    conditions=(
        FAR.of(GATED) >= 0.95,
        (FAR.of(OLD) <= 0.6).saying("near chance, 0.5"),
        SIZE.of(OLD) >= 5 * SIZE.of(GATED),
    ),
    remark="12 cells, Adam at 0.01, 480,000 symbols of 8 streams, the state carried on from the first to the last; "
    "then 8 new streams of 4,000 symbols. The far symbol counts as right when it alone leads. The two also differ "
    "in the squashing of the cell, as the papers have it; forget biases start at 1.",
    figure=figure,
)
