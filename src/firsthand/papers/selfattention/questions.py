"""Two questions asked at once, of one head or of several: what two claims measure."""

from functools import partial
from typing import Literal

import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Generator, Tensor
from torch.nn import Module

from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.learning import Batch, learn
from firsthand.figures.curves import Runs, series, shares
from firsthand.figures.style import BLUE, GREEN, RED
from firsthand.nn import Embedding, Linear
from firsthand.papers.selfattention.lookups import PAIRS, SYMBOLS, distinct
from firsthand.papers.selfattention.model import Block

Answer = Literal["in order", "sum", "mean"]
DIGITS = 10
STEPS = Measure("steps", "steps to 95 %", digits=0)
LAST = Measure("last", "right at the end (%)", scale=100.0, digits=1)


def two_lookups(rows: int, kind: Answer, generator: Generator) -> Batch:
    """Eight pairs of a key and a digit, two of the keys, and both digits, their sum modulo 10 or their mean."""
    keys = distinct(rows, PAIRS, SYMBOLS, generator)
    values = torch.randint(DIGITS, (rows, PAIRS), generator=generator)
    asked = distinct(rows, 2, PAIRS, generator)
    digits = values.gather(1, asked)
    total = digits.sum(1, keepdim=True)
    return keys, values, keys.gather(1, asked), {"in order": digits, "sum": total % DIGITS, "mean": total // 2}[kind]


class TwoLookups(Module):
    """One block over the pairs and a last token that asks for two keys at once; its answer is read from that token."""

    def __init__(self, kind: Answer, heads: int, embed: int = 64):
        super().__init__()
        self.answers = 2 if kind == "in order" else 1
        self.keys, self.values = Embedding(SYMBOLS, embed), Embedding(DIGITS, embed)
        self.first, self.second = Embedding(SYMBOLS, embed), Embedding(SYMBOLS, embed)
        self.block = Block(embed, heads, 4 * embed, causal=False)
        self.output = Linear(embed, self.answers * DIGITS)

    def tokens(
        self, keys: Int[Tensor, "batch pairs"], values: Int[Tensor, "batch pairs"], asked: Int[Tensor, "batch 2"]
    ) -> Float[Tensor, "batch time embed"]:
        """The pairs and the question, as vectors."""
        pairs = self.keys(keys) + self.values(values)
        return torch.cat([pairs, self.first(asked[:, :1]) + self.second(asked[:, 1:])], 1)

    def forward(self, *row: Int[Tensor, "batch _"]) -> Float[Tensor, "batch answers digits"]:
        """Logits of every answer."""
        y, _ = self.block(self.tokens(*row))
        return self.output(y[:, -1]).unflatten(1, (self.answers, DIGITS))


def heads(heads: int = 2, kind: Answer = "in order", steps: int = 1500, lr: float = 0.001, seed: int = 0) -> Outcome:
    """Steps until a block of 64 numbers answers two questions at once in 95 % of cases, by its number of heads.

    Args:
        heads: attentions side by side, which share the 64 numbers.
        kind: both digits in the order of the two keys, their sum modulo 10, or their mean, rounded down.
        steps: most steps of Adam on 64 fresh rows.
        lr: its rate.
        seed: of the first weights and of all rows.
    """
    torch.manual_seed(seed)
    generator, network = Generator().manual_seed(seed), TwoLookups(kind, heads)
    curve, reached = learn(network, partial(two_lookups, kind=kind, generator=generator), steps, lr, target=0.95)
    keys, *row, _ = two_lookups(2048, kind, generator)
    places = (keys[:, :, None] == row[1][:, None]).int().argmax(1)  # of both keys that are asked for
    with torch.no_grad():
        _, a = network.block.attention(network.block.norm1(network.tokens(keys, *row)), weights=True)
    looks = a[:, :, -1].gather(2, places[:, None].expand(-1, heads, -1)).mean(0)  # the question's, at either key
    return {
        "steps": reached,
        "last": curve[-1],
        "params": sum(p.numel() for p in network.parameters()),
        "shares": curve,
        "at first key": looks[:, 0].tolist(),
        "at second key": looks[:, 1].tolist(),
    }


def arms(**options: str) -> list[Arm]:
    """One head, two and four."""
    return [Arm(f"{n} head{'s' * (n > 1)}", experiment=heads, overrides={"heads": n} | options) for n in (1, 2, 4)]


def answers(seen: Runs, title: str) -> Figure:
    """The share of right answers while training, a line a seed, and where the heads of the first seed look."""
    figure = Figure(figsize=(11, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(1.3, 1))
    shares(left, seen, (RED, BLUE, GREEN), 25)
    left.set_title(title)
    left.legend(loc="lower right")
    ticks: list[str] = []
    for colour, (name, runs) in zip((RED, BLUE, GREEN), seen.items(), strict=True):
        for first, second in zip(*(series(runs, f"at {which} key")[0] for which in ("first", "second")), strict=True):
            right.barh(len(ticks), first, color=colour)
            right.barh(len(ticks), second, left=first, color=colour, alpha=0.4)
            ticks.append(name)
    right.set_yticks(range(len(ticks)), ticks)
    right.invert_yaxis()
    right.set_axisbelow(True)
    right.grid(axis="y", visible=False)
    right.set(xlim=(0, 1), xlabel="weight: dark on the first key, light on the second", title="Where each head looks")
    return figure
