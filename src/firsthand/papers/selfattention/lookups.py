"""Small networks that look something up, and two questions asked at once of one head or of several."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Generator, Tensor
from torch.nn import Module, ModuleList

from firsthand.claims import Arm, Measure, Outcome
from firsthand.claims.bench.descent import seeded
from firsthand.claims.bench.learning import Batch, learn
from firsthand.figures.bars import bars
from firsthand.figures.curves import Runs, series, shares
from firsthand.figures.style import BLUE, GREEN, RED, subplots
from firsthand.nn import Embedding, Linear
from firsthand.papers.selfattention.model import POSITIONS, Block, Positions

Pairs = Int[Tensor, "batch pairs"]  # keys, or what stands beside them
Answer = Literal["in order", "sum", "mean"]
SYMBOLS, PAIRS, DIGITS = 32, 8, 10
STEPS = Measure("steps", "steps to 95 %", digits=0)
LAST = Measure("last", "right at the end (%)", scale=100.0, digits=1)


def distinct(rows: int, count: int, below: int, generator: Generator) -> Int[Tensor, "rows count"]:
    """Rows of different numbers, all orders equally likely."""
    return torch.rand(rows, below, generator=generator).argsort(1)[:, :count]


class Blocks(Module):
    """Positions and blocks of two heads; like a recurrent layer it returns its outputs first."""

    def __init__(
        self, length: int, embed: int, width: int, layers: int = 1, positions: Positions = "sinusoidal", causal=False
    ):
        super().__init__()
        self.positions = POSITIONS[positions](length, embed)
        self.blocks = ModuleList(Block(embed, 2, 2 * width, causal=causal) for _ in range(layers))

    def forward(self, x: Float[Tensor, "batch time embed"]) -> tuple[Float[Tensor, "batch time embed"], None]:
        """What the last block makes of every token."""
        x = x if self.positions is None else self.positions(x)
        for block in self.blocks:
            x, _ = block(x)
        return x, None


class Reader(Module):
    """An embedding, a layer in which the tokens meet, and an output layer on what `read` takes of its outputs."""

    def __init__(self, vocab: int, outputs: int, sizes: tuple[int, int], layer: Callable, read: Callable = lambda y: y):
        super().__init__()
        self.embedding, self.output = Embedding(vocab, sizes[0]), Linear(sizes[1], outputs)
        self.layer, self.read = layer(*sizes), read  # made here because its weights are drawn last

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch *time outputs"]:
        """Logits."""
        return self.output(self.read(self.layer(self.embedding(tokens))[0]))


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

    def tokens(self, keys: Pairs, values: Pairs, asked: Int[Tensor, "batch 2"]) -> Float[Tensor, "batch time embed"]:
        """The pairs and the question, as vectors."""
        question = self.first(asked[:, :1]) + self.second(asked[:, 1:])
        return torch.cat([self.keys(keys) + self.values(values), question], 1)

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
    generator, network = seeded(seed), TwoLookups(kind, heads)
    curve, reached = learn(network, partial(two_lookups, kind=kind, generator=generator), steps, lr, target=0.95)
    keys, *row, _ = two_lookups(2048, kind, generator)
    places = (keys[:, :, None] == row[1][:, None]).int().argmax(1)  # of both keys that are asked for
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
    figure, left, right = subplots(11, 4.2, 2, width_ratios=(1.3, 1))
    shares(left, seen, (RED, BLUE, GREEN), 25)
    left.set_title(title)
    left.legend(loc="lower right")
    looks = []
    for colour, (arm, runs) in zip((RED, BLUE, GREEN), seen.items(), strict=True):
        keys = (series(runs, f"at {which} key")[0] for which in ("first", "second"))
        looks += [(arm, colour, *weights) for weights in zip(*keys, strict=True)]
    names, colours, first, second = zip(*looks, strict=True)
    bars(right, names, first, color=colours)
    right.barh(range(len(names)), second, left=first, height=0.7, color=colours, alpha=0.4)
    right.set(xlim=(0, 1), xlabel="weight: dark on the first key, light on the second", title="Where each head looks")
    return figure
