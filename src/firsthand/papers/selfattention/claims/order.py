"""Which of two symbols comes first, with positions and without."""

from functools import partial

import torch
from matplotlib.figure import Figure
from torch import Generator

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.claims.bench.descent import seeded
from firsthand.claims.bench.learning import Batch, learn, right
from firsthand.figures.curves import Runs, level, shares
from firsthand.figures.style import AMBER, BLUE, GREEN, RED, subplots
from firsthand.papers.selfattention.lookups import SYMBOLS, Blocks, Reader, distinct
from firsthand.papers.selfattention.model import Positions

LENGTH = 16


def before(rows: int, generator: Generator) -> Batch:
    """Sequences of 16 distinct symbols that hold 0 and 1 both, and 1 where 0 comes first, else 0."""
    tokens = distinct(rows, LENGTH - 2, SYMBOLS - 2, generator) + 2
    tokens = torch.cat([torch.tensor([[0, 1]]).expand(rows, -1), tokens], 1)
    tokens = tokens.gather(1, torch.rand(rows, LENGTH, generator=generator).argsort(1))
    return tokens, ((tokens == 0).int().argmax(1) < (tokens == 1).int().argmax(1)).long()


def order(positions: Positions = "sinusoidal", causal: bool = False, steps: int = 400, seed: int = 0) -> Outcome:
    """Whether two blocks of self-attention learn which of two symbols comes first in a sequence of 16.

    Args:
        positions: what tells a token where it stands.
        causal: whether a token sees only the tokens before it.
        steps: of Adam at rate 0.003, on 64 fresh sequences.
        seed: of the first weights and of all sequences.
    """
    generator = seeded(seed)
    blocks = partial(Blocks, LENGTH, layers=2, positions=positions, causal=causal)
    network = Reader(SYMBOLS, 2, (32, 32), blocks, lambda y: y.mean(1))
    curve, _ = learn(network, partial(before, generator=generator), steps, 0.003)
    tokens, answers = before(4096, generator)
    one, other = network(tokens), network(tokens[:, torch.randperm(LENGTH, generator=generator)])
    change = ((one - other).abs().max() / one.abs().max()).item()
    return {"accuracy": right(network, (tokens, answers)), "change": change, "shares": curve}


RIGHT = Measure("accuracy", "right (%)", scale=100.0, digits=1)
CHANGE = Measure("change", "largest change of an output when the tokens are shuffled", digits=7)
NONE = Arm("no positions", experiment=order, overrides={"positions": "none"})
SINUSOIDS = Arm("sinusoids", experiment=order)
LEARNED = Arm("learned vectors", experiment=order, overrides={"positions": "learned"})
CAUSAL = Arm("no positions, causal", experiment=order, overrides={"positions": "none", "causal": True})


def figure(seen: Runs) -> Figure:
    """The share of right answers while training, a line a seed."""
    figure, axes = subplots(8.6, 4.2)
    shares(axes, seen, (RED, BLUE, GREEN, AMBER), 25)
    level(axes, 50, "a guess")
    axes.set(xlim=(0, 450), title="Which of two symbols comes first among 16")
    axes.legend(loc="lower right")
    return figure


CLAIM = Claim(
    key="order",
    kind="the paper's statement",
    statement="Self-attention without positions knows no order; sinusoids and learned vectors both give it one.",
    where="section 3.5 and table 3, row E",
    measures=(RIGHT, CHANGE),
    arms=(NONE, SINUSOIDS, LEARNED, CAUSAL),
    conditions=(
        RIGHT.of(NONE) <= 55,
        (CHANGE.of(NONE) <= 1e-5).saying("nothing but the rounding of float32"),
        RIGHT.of(SINUSOIDS, LEARNED) > 95,
        (RIGHT.of(CAUSAL) > 95).saying("a causal mask alone does it as well"),
    ),
    remark="The task is ours: which of two symbols comes first among 16, read from the mean over all places of two "
    "blocks of width 32. A guess is right in 50 %. The paper compares the two kinds of positions in translation, where "
    "they do equally well.",
    figure=figure,
)
