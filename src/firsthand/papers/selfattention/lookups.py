"""Sequences in which something must be looked up, and the small networks that read them."""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import Module, ModuleList

from firsthand.nn import Embedding, LearnedPositions, Linear, SinusoidalPositions
from firsthand.papers.selfattention.model import Block

Positions = Literal["none", "sinusoidal", "learned"]
SYMBOLS, PAIRS = 32, 8


def distinct(rows: int, count: int, below: int, generator: Generator) -> Int[Tensor, "rows count"]:
    """Rows of different numbers, all orders equally likely."""
    return torch.rand(rows, below, generator=generator).argsort(1)[:, :count]


class Blocks(Module):
    """Positions and blocks of two heads; like a recurrent layer it returns its outputs first."""

    def __init__(
        self, length: int, embed: int, width: int, layers: int = 1, positions: Positions = "sinusoidal", causal=False
    ):
        super().__init__()
        kinds = {"none": lambda *_: None, "sinusoidal": SinusoidalPositions, "learned": LearnedPositions}
        self.positions = kinds[positions](length, embed)
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
