"""Attention beside torch.nn's: the function at (batch, heads, time, d), the module at (batch, time, embed)."""

import torch
from case import Case
from torch import Tensor
from torch.nn import functional

from firsthand import nn

SIZES = ((8, 16, 32, 4), (16, 64, 128, 8), (8, 256, 512, 8))  # batch, time, embed, heads


class Ours(nn.MultiheadAttention):
    """Self-attention as a function of one sequence."""

    causal = weights = False

    def forward(self, x: Tensor):
        """The answers, with the weights if they are wanted."""
        return super().forward(x, causal=self.causal, weights=self.weights)


class Theirs(torch.nn.MultiheadAttention):
    """The same of torch.nn, which takes the causal mask from outside, made once."""

    causal = weights = False

    def __init__(self, embed: int, heads: int, time: int):
        super().__init__(embed, heads, batch_first=True)
        self.future = torch.ones(time, time, dtype=torch.bool).triu(1)

    def forward(self, x: Tensor):
        """The answers, with each head's weights if they are wanted."""
        mask = self.future if self.causal else None
        y, a = super().forward(
            x, x, x, need_weights=self.weights, average_attn_weights=False, attn_mask=mask, is_causal=self.causal
        )
        return (y, a) if self.weights else y


class OursAcross(nn.MultiheadAttention):
    """Cross-attention, with padded keys."""

    def forward(self, x: Tensor, memory: Tensor, keep: Tensor) -> Tensor:
        """The answers."""
        return super().forward(x, memory, keep=keep)


class TheirsAcross(torch.nn.MultiheadAttention):
    """The same of torch.nn, whose mask is True for the padding."""

    def forward(self, x: Tensor, memory: Tensor, keep: Tensor) -> Tensor:
        """The answers."""
        return super().forward(x, memory, memory, ~keep, need_weights=False)[0]


def attends(causal: bool = False, weights: bool = False) -> Case:
    """Self-attention of both."""

    def ours(batch: int, time: int, embed: int, heads: int) -> Ours:
        layer = Ours(embed, heads)
        layer.causal, layer.weights = causal, weights
        return layer

    def theirs(batch: int, time: int, embed: int, heads: int) -> Theirs:
        layer = Theirs(embed, heads, time)
        layer.causal, layer.weights = causal, weights
        return layer

    return Case(ours, theirs, sequence, SIZES)


def sequence(batch: int, time: int, embed: int, heads: int) -> tuple[Tensor, ...]:
    """One sequence for each example."""
    return (torch.randn(batch, time, embed),)


def padded(batch: int, time: int, embed: int, heads: int) -> tuple[Tensor, ...]:
    """Two sequences, and where the second is not padding: half of it at least."""
    lengths = torch.randint(time // 2, time + 1, (batch,))
    return torch.randn(batch, time, embed), torch.randn(batch, time, embed), nn.padding_mask(lengths, time)


def heads_apart(batch: int, time: int, embed: int, heads: int) -> tuple[Tensor, ...]:
    """Queries, keys and values of every head."""
    return tuple(torch.randn(batch, heads, time, embed // heads) for _ in range(3))


def function(ours, theirs) -> Case:
    """A case of two functions of queries, keys and values."""
    return Case(lambda *_: ours, lambda *_: theirs, heads_apart, SIZES)


CASES: dict[str, Case] = {
    "scaled_dot_product_attention": function(nn.scaled_dot_product_attention, functional.scaled_dot_product_attention),
    "scaled_dot_product_attention, causal": function(
        lambda q, k, v: nn.scaled_dot_product_attention(q, k, v, causal=True),
        lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, is_causal=True),
    ),
    "MultiheadAttention": attends(),
    "MultiheadAttention, causal": attends(causal=True),
    "MultiheadAttention, weights": attends(weights=True),
    "MultiheadAttention, causal, weights": attends(causal=True, weights=True),
    "MultiheadAttention, padded memory": Case(
        lambda batch, time, embed, heads: OursAcross(embed, heads),
        lambda batch, time, embed, heads: TheirsAcross(embed, heads, batch_first=True), padded, SIZES,
    ),
}  # fmt: skip
