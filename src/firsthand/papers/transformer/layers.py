"""The layers of encoder and decoder: attention, then two linear maps, each with a sum and a norm around it."""

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
Maps = list[Float[Tensor, "batch heads _ _"]]  # the weights of every head, layer by layer


class Attention(MultiheadAttention):
    """Equation 1 in every head, and W_O, section 3.2.2; the paper writes no biases."""

    def __init__(self, d: int, heads: int, key_size: int | None):
        super().__init__(d, heads, bias=False, key_size=key_size)

    def forward(
        self,
        x: Float[Tensor, "batch queries d"],
        keep: Bool[Tensor, "batch 1 1 keys"] | None = None,
        causal: bool = False,
        past: Rows | None = None,
        source: Rows | None = None,
        seen: Maps | None = None,
    ) -> tuple[Float[Tensor, "batch queries d"], Rows]:
        """What x finds in itself, after the past, or in a source, both given as keys and values; those it asked.

        `keep` is True for the keys that count, and `seen` is given the weights.
        """
        if source is None:
            q, k, v = self.project(x)
            if past is not None:
                k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        else:
            q, (k, v) = self.ask(x), source
        if seen is None:
            return self.merge(scaled_dot_product_attention(q, k, v, keep, causal)), (k, v)
        seen.append(dot_product_weights(q / sqrt(q.shape[-1]), k, keep, causal))
        return self.merge(seen[-1] @ v), (k, v)


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
        self.attention = Attention(d, heads, key_size)
        self.feed, self.sums = FeedForward(d, hidden), ModuleList(Sum(d, dropout, norm) for _ in range(2))

    def forward(
        self, x: Float[Tensor, "batch places d"], keep: Bool[Tensor, "batch 1 1 places"], seen: Maps | None = None
    ) -> Float[Tensor, "batch places d"]:
        """The next layer's input; `seen` is given the heads' weights."""
        own, feed = self.sums
        x = own(x, self.attention(own.into(x), keep, seen=seen)[0])
        return feed(x, self.feed(feed.into(x)))


class DecoderLayer(Module):
    """Every token of the target attends to those before it and itself, then to the source."""

    def __init__(self, d: int, heads: int, hidden: int, key_size: int | None, dropout: float, norm: Norm):
        super().__init__()
        self.attention, self.cross = (Attention(d, heads, key_size) for _ in range(2))
        self.feed, self.sums = FeedForward(d, hidden), ModuleList(Sum(d, dropout, norm) for _ in range(3))

    def forward(
        self, y: Float[Tensor, "batch time d"], memory: Rows, past: Rows | None = None, seen: Maps | None = None
    ) -> tuple[Float[Tensor, "batch time d"], Rows]:
        """The next layer's input, and the keys and values of all tokens so far: those of the past, then y's.

        The memory is which places of the source count, and their keys and values.
        """
        own, cross, feed = self.sums
        keep, *source = memory
        found, pair = self.attention(own.into(y), causal=True, past=past, seen=seen)
        y = own(y, found)
        y = cross(y, self.cross(cross.into(y), keep, source=tuple(source), seen=seen)[0])
        return feed(y, self.feed(feed.into(y))), pair
