"""Bits to be repeated after ten steps, learned with windows of back-propagation that hold them or not."""

from statistics import mean

import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.claims.bench.descent import descend, seeded
from firsthand.claims.bench.recurrent import Recurrent
from firsthand.figures.curves import Runs, named
from firsthand.figures.style import AMBER, BLUE, BROWN, GREEN, MUTED, VIOLET, subplots
from firsthand.nn import RNN, cross_entropy


def echo(
    window: int = 20, lag: int = 10, hidden: int = 32, length: int = 12_000, rate: float = 0.005, seed: int = 0
) -> Outcome:
    """How well an RNN repeats random bits after a lag, if its gradient goes back through windows of this length.

    The state is carried from window to window without its gradient, so the past is there to be seen, and only what
    lies within the window can be learned from. 32 streams, Adam, one update a window; tested on new streams.

    Args:
        window: steps of truncated back-propagation through time.
        lag: steps after which a bit is due.
        hidden: units.
        length: bits of each stream, whatever the window: shorter ones make more updates of them.
        rate: of Adam.
        seed: of weights and bits.
    """
    generator = seeded(seed)
    network = Recurrent(RNN(1, hidden), 2)
    rule = optim.Adam(network.parameters(), lr=rate)
    bits = torch.randint(2, (32, lag + length), generator=generator)  # answers lag behind questions
    state, curve, since = None, [], []
    for start in range(0, length - window + 1, window):
        logits, state = network.advance(2.0 * bits[:, lag + start : lag + start + window, None] - 1, state)
        logits, due = logits.flatten(0, 1), bits[:, start : start + window].flatten()
        descend(rule, network, cross_entropy(logits, due), clip=None)
        state = state.detach()
        since.append((logits.argmax(1) == due).double().mean().item())
        if (start + window) // 600 > start // 600:
            curve.append([start + window, mean(since)])
            since.clear()
    with torch.no_grad():
        bits = torch.randint(2, (32, 2000), generator=generator)
        right = network(2.0 * bits[:, :, None] - 1)[:, lag:].argmax(2) == bits[:, :-lag]
    return {"accuracy": right.double().mean().item(), "curve": curve}


ACCURACY = Measure("accuracy", "bits right", digits=3)
ARMS = {n: Arm(f"window {n}", experiment=echo, overrides={"window": n}) for n in (1, 5, 10, 11, 15, 20)}


def figure(seen: Runs) -> Figure:
    """Bits right while learning, a line a seed."""
    figure, axes = subplots(9, 4.4)
    named(axes, seen, (MUTED, BROWN, AMBER, VIOLET, GREEN, BLUE), 12.2, 0.035, scale=(1000, 1))
    axes.axhline(0.5, color=MUTED, lw=0.8, ls=":")
    axes.set(xlim=(0, 14), ylim=(0.45, 1.09), xlabel="bits read of each stream (thousands)", ylabel="bits right",
             title="Repeating a bit after 10 steps")  # fmt: skip
    return figure


CLAIM = Claim(
    key="window",
    statement="What lies farther back than the window of back-propagation cannot be learned from.",
    where="Elman (1990), one step; Williams & Peng (1990), truncated back-propagation through time",
    measures=(ACCURACY,),
    arms=tuple(ARMS.values()),
    conditions=(
        (ACCURACY.of(ARMS[1], ARMS[5], ARMS[10]) <= 0.6).saying("near chance, 0.5"),
        ACCURACY.of(ARMS[20]) >= 0.99,
    ),
    remark="Random bits must be repeated after ten steps. The state is carried from window to window, so a "
    "network could know them; its gradient is not, and so it does not learn to keep them. A window of 11 holds "
    "one pair of bit and echo. Every window reads 12,000 bits of 32 streams: short ones make more updates.",
    figure=figure,
)
