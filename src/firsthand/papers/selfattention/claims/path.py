"""The first of many symbols, asked for at the end, by the number of symbols between."""

from functools import partial
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Generator

from firsthand.claims import Arm, Claim, Measure, Outcome, each
from firsthand.claims.bench.descent import seeded
from firsthand.claims.bench.learning import Batch, learn, right
from firsthand.figures.curves import Runs, against, level
from firsthand.figures.style import BLUE, GREEN, RED, subplots
from firsthand.nn import LSTM, RNN
from firsthand.papers.selfattention.lookups import Blocks, Reader

GAPS = (8, 32, 128)


def first_token(rows: int, gap: int, generator: Generator) -> Batch:
    """A symbol, `gap` others of the same eight, a mark (8), and the first symbol, which is asked for."""
    tokens = torch.randint(8, (rows, gap + 1), generator=generator)
    return torch.cat([tokens, torch.full((rows, 1), 8)], 1), tokens[:, 0]


def path(
    model: Literal["attention", "rnn", "lstm"] = "attention", steps: int = 400, lr: float = 0.003, seed: int = 0
) -> Outcome:
    """How often a network repeats the first of n + 1 symbols when it is asked for at the end, for n of 8, 32 and 128.

    All have about 9,000 parameters: one block of self-attention, or one recurrent layer.

    Args:
        model: what reads the sequence.
        steps: of Adam on 64 fresh sequences.
        lr: its rate.
        seed: of the first weights and of all sequences.
    """
    found: Outcome = {}
    for gap in GAPS:
        generator, blocks = seeded(seed), partial(Blocks, gap + 2)
        layer, sizes = {"attention": (blocks, (32, 32)), "rnn": (RNN, (16, 82)), "lstm": (LSTM, (16, 38))}[model]
        network = Reader(9, 8, sizes, layer, lambda y: y[:, -1])
        shares, _ = learn(network, partial(first_token, gap=gap, generator=generator), steps, lr)
        found |= {f"accuracy {gap}": right(network, first_token(2048, gap, generator)), f"shares {gap}": shares}
    return found | {"params": sum(p.numel() for p in network.parameters())}


RIGHT = {gap: Measure(f"accuracy {gap}", f"right (%), gap {gap}", scale=100.0, digits=1) for gap in GAPS}
ATTENTION = Arm("self-attention", experiment=path)
TANH = Arm("RNN", experiment=path, overrides={"model": "rnn"})
GATED = Arm("LSTM", experiment=path, overrides={"model": "lstm"})


def figure(seen: Runs) -> Figure:
    """Right answers against the gap, a dot a seed."""
    figure, axes = subplots(7.6, 4.2)
    against(axes, seen, "accuracy", GAPS, (BLUE, RED, GREEN), 6, 100)
    level(axes, 12.5, "a guess")
    axes.set(xlabel="symbols between the first one and the question", ylabel="right (%)", ylim=(0, 104))
    axes.set_title("The first symbol, asked for at the end")
    return figure


CLAIM = Claim(
    key="path",
    kind="the paper's statement",
    statement="Any two tokens are one step apart, so that a distant token is as easy to learn from as a near one.",
    where="section 4 and table 1: maximum path length O(1), of a recurrent layer O(n)",
    measures=tuple(RIGHT.values()),
    arms=(ATTENTION, TANH, GATED),
    conditions=(
        each(*(measure.of(ATTENTION) for measure in RIGHT.values())) >= 95,
        RIGHT[8].of(TANH) - RIGHT[128].of(TANH) >= 30,
    ),
    remark="The task is ours: after a gap of symbols from the same eight, repeat the first one; a guess is right in "
    "12.5 %. About 9,000 parameters each, 400 steps of Adam at 0.003 on 64 fresh sequences.",
    figure=figure,
)
