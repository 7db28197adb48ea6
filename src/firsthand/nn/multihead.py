"""Multi-head attention: several small attentions side by side, each in a subspace of its own."""

from math import sqrt
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.errors import UserError
from firsthand.nn.arguments import check_flags, check_sizes
from firsthand.nn.attention import check_mask, dot_product_weights, scaled_dot_product_attention
from firsthand.nn.dropout import check_probability, dropout
from firsthand.nn.init import glorot_
from firsthand.nn.linear import Linear, linear
from firsthand.nn.shape import wrong_shape


class MultiheadAttention(Module):
    """concat(head_1 .. head_h) W_O + b_O with head_i = attention(q W_Qi, k W_Ki, v W_Vi), biases in every projection.

    `in_proj_weight` (3 embed, embed) holds W_Q, W_K and W_V of all heads; keys or values of another size (`kdim`,
    `vdim`) have `q_proj_weight`, `k_proj_weight` and `v_proj_weight` instead. These start from `glorot_`, W_O as
    `Linear` does, biases from 0. `dropout` is the probability to drop a weight while training. A head's queries and
    keys have `key_size` numbers, embed / heads if it is not given, as its values always have.
    Raises UserError for sizes below one, when the heads do not divide the embedding, and for a dropout that is not in
    [0, 1).
    Source: Vaswani et al. (2017), section 3.2.2, which writes no biases (`bias=False`).
    """

    def __init__(
        self,
        embed: int,
        heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        kdim: int | None = None,
        vdim: int | None = None,
        key_size: int | None = None,
    ):
        super().__init__()
        given = (("kdim", kdim), ("vdim", vdim), ("key_size", key_size))
        others = {name: size for name, size in given if size is not None}
        check_sizes("MultiheadAttention", embed=embed, heads=heads, **others)
        check_flags("MultiheadAttention", bias=bias)
        check_probability(dropout)
        if embed % heads:
            raise UserError(f"{heads} heads must divide the embedding of {embed}.")
        self.heads, self.dropout = heads, dropout
        self.sizes = {"query": embed, "key": others.get("kdim", embed), "value": others.get("vdim", embed)}
        keys = others.get("key_size", embed // heads) * heads
        self.rows = [keys, keys, embed]  # of W_Q, W_K and W_V
        self.out_proj = Linear(embed, embed, bias)
        self.in_proj_weight = self.q_proj_weight = self.k_proj_weight = self.v_proj_weight = None
        if set(self.sizes.values()) == {embed}:
            self.in_proj_weight = Parameter(glorot_(torch.empty(sum(self.rows), embed)))
        else:
            self.q_proj_weight, self.k_proj_weight, self.v_proj_weight = (
                Parameter(glorot_(torch.empty(rows, size)))
                for rows, size in zip(self.rows, self.sizes.values(), strict=True)
            )
        self.in_proj_bias = Parameter(torch.zeros(sum(self.rows))) if bias else None
        if self.out_proj.bias is not None:
            with torch.no_grad():
                self.out_proj.bias.zero_()

    def project(
        self,
        query: Float[Tensor, "batch queries embed"],
        key: Float[Tensor, "batch keys kdim"] | None = None,
        value: Float[Tensor, "batch keys vdim"] | None = None,
    ) -> tuple[
        Float[Tensor, "batch heads queries d"],
        Float[Tensor, "batch heads keys d"],
        Float[Tensor, "batch heads keys size"],
    ]:
        """Queries, keys and values of every head; without a key the query is the key, without a value the key is.

        Generation remembers the keys and values of the steps so far and projects the newest step only.
        Raises UserError for a tensor of another shape.
        """
        key = query if key is None else key
        value = key if value is None else value
        for (name, size), x in zip(self.sizes.items(), (query, key, value), strict=True):
            if x.ndim != 3 or x.shape[2] != size:
                raise wrong_shape(f"The {name} of MultiheadAttention", x, f"(batch, time, {size})")
        weight, bias, rows = self.in_proj_weight, self.in_proj_bias, self.rows
        if weight is not None and key is value and query is not key:
            return self.ask(query), *self.offer(key)  # as few products as there are different sources
        if weight is not None and key is value:
            parts = linear(query, weight, bias).split(rows, -1)
        else:
            own = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
            weights: Any = own if weight is None else weight.split(rows)
            biases = (None,) * 3 if bias is None else bias.split(rows)
            parts = tuple(map(linear, (query, key, value), weights, biases))
        q, k, v = map(self._split, parts)
        return q, k, v

    def ask(self, query: Float[Tensor, "batch queries embed"]) -> Float[Tensor, "batch heads queries d"]:
        """The queries alone, for keys and values that are there already."""
        weight: Any = self.q_proj_weight if self.in_proj_weight is None else self.in_proj_weight[: self.rows[0]]
        bias = None if self.in_proj_bias is None else self.in_proj_bias[: self.rows[0]]
        return self._split(linear(query, weight, bias))

    def offer(
        self, key: Float[Tensor, "batch keys embed"]
    ) -> tuple[Float[Tensor, "batch heads keys d"], Float[Tensor, "batch heads keys size"]]:
        """The keys and values alone, made once for all queries that are to come.

        Raises UserError for a layer with `kdim` or `vdim`, whose values are not made from what keys are.
        """
        weight: Any = self.in_proj_weight
        if weight is None:
            raise UserError("With a kdim or vdim keys and values come from two tensors: take `project`.")
        first, bias = self.rows[0], self.in_proj_bias
        both = linear(key, weight[first:], None if bias is None else bias[first:])
        k, v = map(self._split, both.split(self.rows[1:], -1))
        return k, v

    def _split(self, x: Tensor) -> Tensor:
        batch, time, width = x.shape
        return x.view(batch, time, self.heads, width // self.heads).transpose(1, 2)

    def merge(self, y: Float[Tensor, "batch heads queries size"]) -> Float[Tensor, "batch queries embed"]:
        """The heads side by side, times W_O, plus b_O."""
        return self.out_proj(y.transpose(1, 2).flatten(2))

    def forward(
        self,
        query: Float[Tensor, "batch queries embed"],
        key: Float[Tensor, "batch keys kdim"] | None = None,
        value: Float[Tensor, "batch keys vdim"] | None = None,
        mask: Bool[Tensor, "..."] | None = None,
        keep: Bool[Tensor, "batch keys"] | None = None,
        causal: bool = False,
        weights: bool = False,
    ) -> (
        Float[Tensor, "batch queries embed"]
        | tuple[Float[Tensor, "batch queries embed"], Float[Tensor, "batch heads queries keys"]]
    ):
        """The answers; with `weights` also each head's weights, dropout included: their `.mean(1)` is torch.nn's.

        Without a key the query attends to itself, without values the keys are mixed. True = may attend, in `mask`,
        which is (queries, keys), (batch, queries, keys) or (batch, heads, queries, keys), and in `keep`, which is False
        for the keys that are padding; torch.nn's masks are the other way round. `causal` is that of
        `scaled_dot_product_attention`, as are the zeros for a query without any key to attend to.
        Raises UserError for a tensor or mask that does not fit.
        """
        q, k, v = self.project(query, key, value)
        allowed = self._allowed(mask, keep, (*q.shape[:3], k.shape[2]))
        p = self.dropout if self.training else 0.0
        if not weights:
            return self.merge(scaled_dot_product_attention(q, k, v, allowed, causal, p))
        a = dropout(dot_product_weights(q / sqrt(q.shape[3]), k, allowed, causal), p)
        return self.merge(a @ v), a

    def _allowed(self, mask: Tensor | None, keep: Tensor | None, scores: tuple[int, ...]) -> Tensor | None:
        """Both masks in one, with an axis for the heads."""
        if mask is not None:
            check_mask(mask, scores if mask.ndim == 4 else (scores[0], *scores[2:]))
            mask = mask[:, None] if mask.ndim == 3 else mask
        if keep is None:
            return mask
        if keep.shape != scores[::3]:
            raise wrong_shape("The mask of keys to keep", keep, f"{scores[::3]}, (batch, keys)")
        check_mask(keep, scores[::3])
        keep = keep[:, None, None]
        return keep if mask is None else mask & keep

    def extra_repr(self) -> str:
        embed, kdim, vdim = self.sizes.values()
        others = f", kdim={kdim}, vdim={vdim}" if self.in_proj_weight is None else ""
        return f"{embed}, {self.heads}, dropout={self.dropout}{others}"
