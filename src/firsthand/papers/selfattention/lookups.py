"""Small tasks with one answer that must be looked up, and the small networks that learn to."""

from collections.abc import Callable
from math import sqrt
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Module, ModuleList, Parameter

from firsthand import optim
from firsthand.nn import (
    LSTM,
    RNN,
    Embedding,
    LearnedPositions,
    Linear,
    SinusoidalPositions,
    cross_entropy,
    init,
    softmax,
    tanh,
)
from firsthand.papers.selfattention.model import Block

Score = Literal["scaled", "raw", "additive"]
Positions = Literal["none", "sinusoidal", "learned"]
Lookup = Literal["in order", "sum"]
Batch = tuple[Tensor, ...]
SYMBOLS, PAIRS, DIGITS = 32, 8, 10


def distinct(rows: int, count: int, below: int, generator: Generator) -> Int[Tensor, "rows count"]:
    """Rows of different numbers, all orders equally likely."""
    return torch.rand(rows, below, generator=generator).argsort(1)[:, :count]


def recall(rows: int, generator: Generator) -> Batch:
    """Eight pairs of a key and a value, each from 32 symbols, one of the keys again, and the value beside it."""
    keys = distinct(rows, PAIRS, SYMBOLS, generator)
    values = torch.randint(SYMBOLS, (rows, PAIRS), generator=generator)
    asked = torch.randint(PAIRS, (rows, 1), generator=generator)
    return keys, values, keys.gather(1, asked)[:, 0], values.gather(1, asked)[:, 0]


def before(rows: int, length: int, generator: Generator) -> Batch:
    """Sequences of distinct symbols that hold 0 and 1 both, and 1 where 0 comes first, else 0."""
    tokens = distinct(rows, length - 2, SYMBOLS - 2, generator) + 2
    tokens = torch.cat([torch.tensor([[0, 1]]).expand(rows, -1), tokens], 1)
    tokens = tokens.gather(1, torch.rand(rows, length, generator=generator).argsort(1))
    return tokens, ((tokens == 0).int().argmax(1) < (tokens == 1).int().argmax(1)).long()


def two_lookups(rows: int, kind: Lookup, generator: Generator) -> Batch:
    """Eight pairs of a key and a digit, two of the keys, and both digits, in the order asked for or summed mod 10."""
    keys = distinct(rows, PAIRS, SYMBOLS, generator)
    values = torch.randint(DIGITS, (rows, PAIRS), generator=generator)
    asked = distinct(rows, 2, PAIRS, generator)
    digits = values.gather(1, asked)
    return keys, values, keys.gather(1, asked), digits if kind == "in order" else digits.sum(1, keepdim=True) % DIGITS


def first_token(rows: int, gap: int, generator: Generator) -> Batch:
    """A symbol, `gap` others of the same eight, a mark (8), and the first symbol, which is asked for."""
    tokens = torch.randint(8, (rows, gap + 1), generator=generator)
    return torch.cat([tokens, torch.full((rows, 1), 8)], 1), tokens[:, 0]


class Recall(Module):
    """One head without anything around it: the query asks the pairs, and the answer is read off what comes back.

    x_j = (C[key_j] + D[value_j]) / sqrt(2) of every pair; all projections keep variance 1 at first.
    """

    def __init__(self, score: Score, size: int, embed: int = 64):
        super().__init__()
        self.score, self.size = score, size
        self.keys, self.values = Embedding(SYMBOLS, embed), Embedding(SYMBOLS, embed)
        self.w_q, self.w_k = Linear(embed, size, bias=False), Linear(embed, size, bias=False)
        self.w_v, self.output = Linear(embed, embed, bias=False), Linear(embed, SYMBOLS, bias=False)
        for layer in (self.w_q, self.w_k, self.w_v, self.output):
            init.lecun_(layer.weight)
        self.v = Parameter(init.normal_(torch.empty(size), 1 / sqrt(size))) if score == "additive" else None

    def forward(
        self, keys: Int[Tensor, "batch pairs"], values: Int[Tensor, "batch pairs"], asked: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch symbols"]:
        """Logits of the value beside the key that is asked for."""
        x, a = self.compare(keys, values, asked)
        return self.output((a[:, None] @ self.w_v(x))[:, 0])

    def compare(self, keys: Tensor, values: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
        """The pairs (batch, pairs, embed), and how well each fits the query, as weights (batch, pairs)."""
        x = (self.keys(keys) + self.values(values)) / sqrt(2)
        q, k = self.w_q(self.keys(asked))[:, None], self.w_k(x)
        return x, softmax(scores(self.score, q, k, self.v))

    @torch.no_grad()
    def look(self, keys: Tensor, values: Tensor, asked: Tensor) -> Float[Tensor, "batch pairs"]:
        """Where the query looks."""
        return self.compare(keys, values, asked)[1]


def scores(
    kind: Score,
    q: Float[Tensor, "*batch 1 size"],
    k: Float[Tensor, "*batch keys size"],
    v: Float[Tensor, " size"] | None = None,
) -> Float[Tensor, "*batch keys"]:
    """How well the query fits every key: q . k, the same over sqrt(size), or v . tanh(q + k)."""
    if kind == "additive":
        return tanh(q + k) @ v
    dots = (q * k).sum(-1)
    return dots / sqrt(q.shape[-1]) if kind == "scaled" else dots


class Reader(Module):
    """A classifier of whole sequences: blocks of self-attention, then the mean over all places, or the last."""

    def __init__(
        self,
        vocab: int,
        classes: int,
        length: int,
        positions: Positions = "sinusoidal",
        causal: bool = False,
        embed: int = 32,
        layers: int = 1,
        read: Literal["mean", "last"] = "mean",
    ):
        super().__init__()
        self.read = read
        self.embedding, self.output = Embedding(vocab, embed), Linear(embed, classes)
        kinds = {"none": lambda *_: None, "sinusoidal": SinusoidalPositions, "learned": LearnedPositions}
        self.positions = kinds[positions](length, embed)
        self.blocks = ModuleList(Block(embed, 2, 2 * embed, causal=causal) for _ in range(layers))

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch classes"]:
        """Logits of the classes."""
        x = self.embedding(tokens)
        x = x if self.positions is None else self.positions(x)
        for block in self.blocks:
            x, _ = block(x)
        return self.output(x.mean(1) if self.read == "mean" else x[:, -1])


class Recurrent(Module):
    """The same with a recurrent layer in place of the blocks; its last state is read."""

    def __init__(self, kind: Literal["rnn", "lstm"], vocab: int, classes: int, embed: int, hidden: int):
        super().__init__()
        self.embedding, self.output = Embedding(vocab, embed), Linear(hidden, classes)
        self.layer = {"rnn": RNN, "lstm": LSTM}[kind](embed, hidden)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch classes"]:
        """Logits of the classes."""
        return self.output(self.layer(self.embedding(tokens))[0][:, -1])


class TwoLookups(Module):
    """One block over the pairs and a last token that asks for two keys at once; its answer is read from that token."""

    def __init__(self, kind: Lookup, heads: int, embed: int = 64):
        super().__init__()
        self.answers = 2 if kind == "in order" else 1
        self.keys, self.values = Embedding(SYMBOLS, embed), Embedding(DIGITS, embed)
        self.first, self.second = Embedding(SYMBOLS, embed), Embedding(SYMBOLS, embed)
        self.block = Block(embed, heads, 4 * embed, causal=False)
        self.output = Linear(embed, self.answers * DIGITS)

    def forward(
        self, keys: Int[Tensor, "batch pairs"], values: Int[Tensor, "batch pairs"], asked: Int[Tensor, "batch 2"]
    ) -> Float[Tensor, "batch answers digits"]:
        """Logits of every answer."""
        y, _ = self.block(self.tokens(keys, values, asked))
        return self.output(y[:, -1]).unflatten(1, (self.answers, DIGITS))

    def tokens(self, keys: Tensor, values: Tensor, asked: Tensor) -> Float[Tensor, "batch time embed"]:
        """The pairs and the question, as vectors."""
        pairs = self.keys(keys) + self.values(values)
        return torch.cat([pairs, self.first(asked[:, :1]) + self.second(asked[:, 1:])], 1)

    @torch.no_grad()
    def look(self, keys: Tensor, values: Tensor, asked: Tensor) -> Float[Tensor, "batch heads pairs"]:
        """Where every head of the question looks; what is missing to 1 it looks at itself."""
        x = self.block.norm1(self.tokens(keys, values, asked))
        return self.block.attention(x, weights=True)[1][:, :, -1, :-1]


def learn(
    network: Module,
    draw: Callable[[int], Batch],
    steps: int,
    lr: float,
    batch: int = 64,
    every: int = 25,
    target: float | None = None,
) -> tuple[list[float], int | None]:
    """Train with Adam on fresh batches, the last tensor of which is the answers.

    Returns the share of right rows every so many steps, on 512 fresh ones, and the step at which it reached `target`,
    where training ends.
    """
    rule, shares = optim.Adam(network.parameters(), lr=lr), []
    for step in range(1, steps + 1):
        *inputs, answers = draw(batch)
        loss = cross_entropy(network(*inputs).flatten(0, -2), answers.flatten())
        rule.zero_grad()
        loss.backward()
        rule.step()
        if step % every == 0:
            shares.append(right(network, draw(512)))
            if target is not None and shares[-1] >= target:
                return shares, step
    return shares, None


@torch.no_grad()
def right(network: Module, batch: Batch) -> float:
    """The share of rows of which all answers are right."""
    *inputs, answers = batch
    hits = network(*inputs).argmax(-1) == answers
    return (hits.all(1) if hits.ndim == 2 else hits).float().mean().item()
