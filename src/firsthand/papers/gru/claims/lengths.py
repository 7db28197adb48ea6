"""One vector for a whole row of digits: how long a row survives in it."""

from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Int
from matplotlib.figure import Figure
from torch import Generator, Tensor

from firsthand import optim
from firsthand.claims import Arm, Claim, Condition, Measure, Outcome
from firsthand.claims.bench.descent import descend, seeded
from firsthand.errors import UserError
from firsthand.figures.curves import Runs, lines
from firsthand.figures.style import AMBER, BLUE, GREEN, INK, MUTED, subplots
from firsthand.nn import cross_entropy
from firsthand.papers.gru.model import DIGITS, END, EncoderDecoder


def backwards(rows: int, length: int, generator: Generator) -> tuple[Int[Tensor, "rows n"], Int[Tensor, "rows m"]]:
    """Random digits, and the same from the last to the first with the end mark behind."""
    digits = torch.randint(DIGITS, (rows, length), generator=generator)
    return digits, torch.cat([digits.flip(1), torch.full((rows, 1), END)], 1)


def lengths(hidden: int = 128, longest: int = 12, steps: int = 4000, rate: float = 0.002, seed: int = 0) -> Outcome:
    """How many rows of digits an encoder and decoder write backwards without a mistake, by their number.

    Every step has 64 rows of one length from 1 to `longest`, drawn anew; Adam, its rate falling to 0 on a straight
    line, gradients cut at norm 1. Tested greedily on 1,000 other rows of each even length from 2 to 24. "right" counts
    whole rows, the end mark at its place included, "digits" single ones, both in per cent.

    Args:
        hidden: units of encoder, decoder and c.
        longest: digits of the longest training row.
        steps: training steps.
        rate: of Adam at first.
        seed: of weights and digits.
    """
    if min(longest, steps) < 1:
        raise UserError(f"There must be rows of 1 digit and 1 step or more, got longest {longest} and steps {steps}.")
    generator = seeded(seed)
    network = EncoderDecoder(hidden)
    rule = optim.Adam(network.parameters(), lr=rate)
    for step in range(steps):
        rule.param_groups[0]["lr"] = rate * (1 - step / steps)
        length = int(torch.randint(1, longest + 1, (), generator=generator))
        source, target = backwards(64, length, generator)
        descend(rule, network, cross_entropy(network(source, target).flatten(0, 1), target.flatten()))
    found: Outcome = {}
    for length in range(2, 25, 2):
        source, target = backwards(1000, length, generator)
        hits = network.greedy(source, length + 1) == target
        found[f"right, {length}"] = 100 * hits.all(1).double().mean().item()
        found[f"digits, {length}"] = 100 * hits[:, :-1].double().mean().item()
    return found | {"parameters": sum(p.numel() for p in network.parameters())}


RIGHT = {n: Measure(f"right, {n}", f"rows of {n} digits right (%)", digits=1) for n in (4, 8, 12, 16, 20, 24)}
DIGITS_RIGHT = Measure("digits, 24", "digits right of rows of 24 (%)", digits=1)
NARROW = Arm("64 units", experiment=lengths, overrides={"hidden": 64})
WIDE = Arm("128 units", experiment=lengths)
LONGER = Arm("128 units, trained to 24", experiment=lengths, overrides={"longest": 24})
ARMS = (NARROW, WIDE, LONGER)


def figure(seen: Runs) -> Figure:
    """Rows written backwards without a mistake, by their length, a line a seed."""
    figure, axes = subplots(8.8, 4.2)
    for (name, runs), colour in zip(seen.items(), (AMBER, BLUE, GREEN), strict=True):
        curves = [np.array([(n, run.result["metrics"][f"right, {n}"]) for n in range(2, 25, 2)]) for run in runs]
        lines(axes, curves, colour, name, marker="o", ms=4, alpha=0.8)
    axes.axvline(12, color=MUTED, lw=1, ls=":")
    axes.text(12.2, 97, "trained to 12", color=INK, fontsize=8.5)
    axes.set(xlim=(1, 25), ylim=(-3, 103), xticks=range(2, 25, 2), xlabel="digits in the row",
             ylabel="rows right (%)", title="Rows of digits written backwards from one vector")  # fmt: skip
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.92))
    return figure


CLAIM = Claim(
    key="lengths",
    kind="the paper's statement",
    statement="A sentence squeezed into one vector is lost as it grows, most of all past the lengths trained on.",
    where="Cho et al. (2014), On the Properties of Neural Machine Translation, figure 4; there on translation",
    measures=(*RIGHT.values(), DIGITS_RIGHT, Measure("parameters", "parameters", digits=0)),
    arms=ARMS,
    conditions=(
        RIGHT[24].of(*ARMS) <= 0.5 * RIGHT[4].of(*ARMS),
        Condition(
            "with every network as many rows are right at each length as at the next, or more",
            lambda m: all([m(a.name, s.name) >= m(a.name, t.name) for a in ARMS for s, t in pairwise(RIGHT.values())]),
        ),
        (RIGHT[12].of(WIDE) > RIGHT[12].of(NARROW)).saying("a vector of 128 numbers holds more than one of 64"),
    ),
    remark="The paper translates English to French and finds BLEU falling with a sentence's length and with its "
    "unknown words, which are not asked about here. Ours is the network of its equations on a task of our own: write "
    "random digits backwards, trained on rows of 1 to 12 (or to 24) digits for 4,000 steps of 64 rows. A row counts if "
    "every digit and the end mark stand where they should.",
    figure=figure,
)
