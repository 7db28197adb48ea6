"""The layers of the encoder and of the decoder: attention, and two linear maps, each with a sum and a norm around it."""

from math import sqrt
from typing import Literal

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor
from torch.nn import Module, ModuleList

from firsthand.nn import Dropout, LayerNorm, Linear, MultiheadAttention
from firsthand.nn.activation import relu
from firsthand.nn.attention import dot_product_weights, scaled_dot_product_attention

Norm = Literal["post", "pre"]
Rows = tuple[Shaped[Tensor, "batch ..."], ...]
Maps = list[Float[Tensor, "batch heads queries keys"]]


def mix(
    heads: MultiheadAttention,
    q: Float[Tensor, "batch heads queries d_k"],
    k: Float[Tensor, "batch heads keys d_k"],
    v: Float[Tensor, "batch heads keys d_v"],
    keep: Bool[Tensor, "batch 1 1 keys"] | None = None,
    causal: bool = False,
    seen: Maps | None = None,
) -> Float[Tensor, "batch queries d"]:
    """Equation 1 in every head, and W_O; `seen` is given the weights."""
    if seen is None:
        return heads.merge(scaled_dot_product_attention(q, k, v, keep, causal))
    seen.append(dot_product_weights(q / sqrt(q.shape[-1]), k, keep, causal))
    return heads.merge(seen[-1] @ v)


class Sum(Module):
    """What stands around a sub-layer: LayerNorm(x + Dropout(y)) with y = f(x), or x + Dropout(f(LayerNorm(x)))."""

    def __init__(self, d: int, dropout: float, norm: Norm):
        super().__init__()
        self.first, self.norm, self.dropout = norm == "pre", LayerNorm(d), Dropout(dropout)

    def into(self, x: Float[Tensor, "batch time d"]) -> Float[Tensor, "batch time d"]:
        """What the sub-layer is given."""
        return self.norm(x) if self.first else x

    def forward(self, x: Float[Tensor, "batch time d"], y: Float[Tensor, "batch time d"]) -> Float[Tensor, "..."]:
        """What comes of x and the sub-layer's y."""
        x = x + self.dropout(y)
        return x if self.first else self.norm(x)


class FeedForward(Module):
    """Equation 2, the same at every place."""

    def __init__(self, d: int, hidden: int):
        super().__init__()
        self.expand, self.contract = Linear(d, hidden), Linear(hidden, d)

    def forward(self, x: Float[Tensor, "batch time d"]) -> Float[Tensor, "batch time d"]:
        """max(0, x W_1 + b_1) W_2 + b_2."""
        return self.contract(relu(self.expand(x)))


class EncoderLayer(Module):
    """Every token of the source attends to all of them."""

    def __init__(self, d: int, heads: int, hidden: int, key_size: int | None, dropout: float, norm: Norm):
        super().__init__()
        self.attention = MultiheadAttention(d, heads, bias=False, key_size=key_size)
        self.feed, self.sums = FeedForward(d, hidden), ModuleList(Sum(d, dropout, norm) for _ in range(2))

    def forward(
        self, x: Float[Tensor, "batch places d"], keep: Bool[Tensor, "batch 1 1 places"], seen: Maps | None = None
    ) -> Float[Tensor, "batch places d"]:
        """The next layer's input; `seen` is given the heads' weights."""
        own, feed = self.sums
        x = own(x, mix(self.attention, *self.attention.project(own.into(x)), keep, seen=seen))
        return feed(x, self.feed(feed.into(x)))


class DecoderLayer(Module):
    """Every token of the target attends to those before it and itself, then to the source."""

    def __init__(self, d: int, heads: int, hidden: int, key_size: int | None, dropout: float, norm: Norm):
        super().__init__()
        self.attention, self.cross = (MultiheadAttention(d, heads, bias=False, key_size=key_size) for _ in range(2))
        self.feed, self.sums = FeedForward(d, hidden), ModuleList(Sum(d, dropout, norm) for _ in range(3))

    def forward(
        self, y: Float[Tensor, "batch time d"], memory: Rows, past: Rows | None = None, seen: Maps | None = None
    ) -> tuple[Float[Tensor, "batch time d"], Rows]:
        """The next layer's input, and the keys and values of all tokens so far: those of the past, then y's.

        The memory is which places of the source count, and their keys and values.
        """
        own, cross, feed = self.sums
        keep, *source = memory
        q, k, v = self.attention.project(own.into(y))
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        y = own(y, mix(self.attention, q, k, v, causal=True, seen=seen))
        y = cross(y, mix(self.cross, self.cross.ask(cross.into(y)), *source, keep, seen=seen))
        return feed(y, self.feed(feed.into(y))), (k, v)
