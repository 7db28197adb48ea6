"""The time of a layer, by the length of the sequence."""

from contextlib import nullcontext
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from firsthand.claims import Arm, Claim, Measure, Outcome, within
from firsthand.claims.bench.timing import milliseconds, power, timed
from firsthand.nn import LSTM, MultiheadAttention, definitions

LENGTHS = (128, 256, 512, 1024, 2048)


def cost(layer: Literal["fused", "formula", "lstm"] = "fused", embed: int = 64, seed: int = 0) -> Outcome:
    """CPU milliseconds of a layer, both ways, for sequences of 128 to 2048, and the power with which they grow.

    Args:
        layer: multi-head attention with the fused primitive, the same as its formula says, or an LSTM.
        embed: width of the layer.
        seed: of weights and input.
    """
    torch.manual_seed(seed)
    network = LSTM(embed, embed) if layer == "lstm" else MultiheadAttention(embed, 4)

    def both(x: Tensor) -> None:
        y = network(x)
        (y[0] if layer == "lstm" else y).sum().backward()

    with definitions() if layer == "formula" else nullcontext():
        times = [timed(partial(both, torch.randn(1, n, embed, requires_grad=True))) for n in LENGTHS]
    powers = {"begin": power(LENGTHS[:2], times[:2]), "end": power(LENGTHS[-2:], times[-2:])}
    return {"first": times[0], "last": times[-1], "times": times} | powers


FIRST = Measure("first", "milliseconds, n = 128", digits=2)
BEGIN = Measure("begin", "power of n from 128 to 256", digits=2)
END = Measure("end", "power of n from 1,024 to 2,048", digits=2)
FUSED = Arm("self-attention, fused", experiment=cost, paper={"end": 2.0})
FORMULA = Arm("self-attention, formula", experiment=cost, overrides={"layer": "formula"}, paper={"end": 2.0})
GATED = Arm("LSTM", experiment=cost, overrides={"layer": "lstm"}, paper={"end": 1.0})
end = END.of(FUSED, FORMULA)


CLAIM = Claim(
    key="cost",
    kind="the paper's statement",
    statement="Self-attention costs O(n^2 d), a recurrent layer O(n d^2) in n steps one after the other.",
    where="section 4 and table 1",
    measures=(FIRST, Measure("last", "milliseconds, n = 2,048", digits=1), BEGIN, END),
    arms=(FUSED, FORMULA, GATED),
    conditions=(
        within(end, 1.9, by=0.4),
        within(END.of(GATED), 1, by=0.2),
        BEGIN.of(FUSED, FORMULA) < end,
        FIRST.of(FUSED) < FIRST.of(GATED),
    ),
    remark="Forwards and backwards, one sequence, d = 64; milliseconds are CPU time of one thread. The powers of "
    "the table are those of large n. The projections cost 4 n d^2 and the rest 2 n^2 d, so that the two are equal "
    "at n = 2 d = 128. The formula's n x n matrices outgrow the processor's cache between 1,024 and 2,048, which "
    "costs it more than the square says, so that the formula fails the first condition; the fused primitive, which "
    "never writes them down, does not. A machine with nothing else to do and a larger cache would settle it. Before, "
    "any condition that held made the verdict partly, and means over the seeds were judged.",
    figure=partial(milliseconds, sizes=LENGTHS, along="n, tokens", title="A layer, forwards and backwards"),
)
