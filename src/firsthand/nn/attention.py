"""Attention: a query is compared with every key, and the values are mixed by how well their keys fit.

Every mask is a tensor of bool that is True where a query may attend to a key.
"""

from math import sqrt

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.definition import definition
from firsthand.errors import UserError
from firsthand.nn.activation import softmax, tanh
from firsthand.nn.arguments import check_sizes
from firsthand.nn.dropout import check_probability, dropout
from firsthand.nn.fast import attention as fast
from firsthand.nn.init import uniform_
from firsthand.nn.linear import Linear
from firsthand.nn.shape import indices, wrong_shape


def _check(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, causal: bool = False, p: float = 0.0) -> None:
    (*batch, queries, d), keys, values = q.shape, k.shape, v.shape
    if keys[-1:] != (d,) or [*keys[:-2]] != batch:
        expected = (*batch, keys[-2] if len(keys) > 1 else "keys", d)
        raise wrong_shape("The tensor of keys", k, f"{expected} to fit queries of shape {tuple(q.shape)}")
    if values[:-1] != keys[:-1]:
        raise wrong_shape("The tensor of values", v, f"({', '.join(map(str, keys[:-1]))}, ...), one for every key")
    if mask is not None:
        check_mask(mask, (*batch, queries, keys[-2]))
    check_probability(p)


@definition(fast=fast.dot_product_attention, guard=_check)
def dot_product_attention(
    q: Float[Tensor, "*batch queries d"],
    k: Float[Tensor, "*batch keys d"],
    v: Float[Tensor, "*batch keys size"],
    mask: Bool[Tensor, "..."] | None = None,
    causal: bool = False,
    p: float = 0.0,
) -> Float[Tensor, "*batch queries size"]:
    """y_i = sum_j a_ij v_j with a_ij = softmax_j(q_i . k_j).

    The arguments are those of `scaled_dot_product_attention`.
    Source: Luong, Pham & Manning (2015), Effective approaches to attention, section 3.1.
    """
    return dropout(dot_product_weights(q, k, mask, causal), p) @ v


@definition(fast=fast.scaled_dot_product_attention, guard=_check)
def scaled_dot_product_attention(
    q: Float[Tensor, "*batch queries d"],
    k: Float[Tensor, "*batch keys d"],
    v: Float[Tensor, "*batch keys size"],
    mask: Bool[Tensor, "..."] | None = None,
    causal: bool = False,
    p: float = 0.0,
) -> Float[Tensor, "*batch queries size"]:
    """softmax(q k^T / sqrt(d)) v: a dot product of d unit-variance terms has variance d, the scale makes it 1 again.

    The mask broadcasts to (*batch, queries, keys) and is True where a query may attend to a key. `causal` forbids the
    future, with the last query at the last key (see `causal_mask`): fewer queries than keys are the newest steps, as in
    generation with remembered keys and values. A query without any key to attend to gets zeros. p is the probability
    to drop a weight. The weights themselves are `dot_product_weights(q / sqrt(d), k, mask, causal)`.
    Raises UserError when the queries, keys and values do not fit, or the mask is not of bool or does not fit.
    Source: Vaswani et al. (2017), section 3.2.1, equation 1.
    """
    return dropout(dot_product_weights(q / sqrt(q.shape[-1]), k, mask, causal), p) @ v


def masked_softmax(
    scores: Float[Tensor, "*batch queries keys"], mask: Bool[Tensor, "..."] | None = None
) -> Float[Tensor, "*batch queries keys"]:
    """The softmax of every row over the keys where the mask is True; the weights of the others are exactly 0.

    The mask broadcasts to the scores. A row without any key to attend to gets zeros, not the 0 / 0 of the formula.
    Raises UserError when the mask is not of bool or does not fit.
    """
    if mask is None:
        return softmax(scores)
    check_mask(mask, tuple(scores.shape))
    return softmax(scores.masked_fill(~mask, -torch.inf)).masked_fill(~mask, 0.0)


def dot_product_weights(
    q: Float[Tensor, "*batch queries d"],
    k: Float[Tensor, "*batch keys d"],
    mask: Bool[Tensor, "..."] | None = None,
    causal: bool = False,
) -> Float[Tensor, "*batch queries keys"]:
    """a_ij = softmax_j(q_i . k_j): how much of every value goes into every answer; rows sum to 1.

    The mask (True = may attend) broadcasts to the weights; `causal` also forbids what `causal_mask` forbids.
    """
    scores = q @ k.mT
    if causal:
        past = causal_mask(scores.shape[-2], scores.shape[-1], scores.device)
        if mask is None and q.shape[-2] <= k.shape[-2]:  # every query has a key, so that no row needs to be cleared
            return softmax(scores.masked_fill(~past, -torch.inf))
        mask = past if mask is None else mask & past
    return masked_softmax(scores, mask)


def causal_mask(queries: int, keys: int, device: torch.device | None = None) -> Bool[Tensor, "queries keys"]:
    """True where query i may attend to key j: not to the future, j <= i + keys - queries.

    The last query stands at the last key. With as many queries as keys this is the lower triangle; with fewer, the
    queries are the newest steps, and the keys before them are remembered from earlier ones.
    Source: Vaswani et al. (2017), section 3.2.3.
    """
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


def padding_mask(lengths: Int[Tensor, " batch"], time: int) -> Bool[Tensor, "batch time"]:
    """True for the first `length` steps of a row, False for the padding after them.

    Raises UserError for lengths that are no vector of whole numbers.
    """
    if lengths.ndim != 1:
        raise wrong_shape("The tensor of lengths", lengths, "(batch,), one for each row")
    lengths = indices("The tensor of lengths", lengths)
    return torch.arange(time, device=lengths.device) < lengths[:, None]


def check_mask(mask: Shaped[Tensor, "..."] | None, scores: tuple[int, ...]) -> None:
    """Raises UserError for a mask that is not of bool or does not broadcast to the shape of the scores."""
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise UserError(f"The mask is of {mask.dtype}, expected torch.bool, True where a query may attend to a key.")
    if len(mask.shape) > len(scores) or any(
        side not in (1, wanted) for side, wanted in zip(mask.shape[::-1], scores[::-1], strict=False)
    ):
        raise wrong_shape("The mask", mask, f"(queries, keys) or more axes that broadcast to {scores}")


def additive_weights(
    q: Float[Tensor, "batch queries hidden"],
    k: Float[Tensor, "batch keys hidden"],
    score: Float[Tensor, " hidden"],
    mask: Bool[Tensor, "..."] | None = None,
) -> Float[Tensor, "batch queries keys"]:
    """a_ij = softmax_j(v . tanh(q_i + k_j)) with the vector v = `score`: a small network compares queries with keys.

    The queries W s_i and the keys U h_j come projected to one size, so that U h_j is computed once for all queries.
    The mask (True = may attend) broadcasts to the weights.
    Raises UserError when queries, keys and scores do not fit, or the mask is not of bool or does not fit.
    Source: Bahdanau, Cho & Bengio (2015), section 3.1, appendix A.1.2.
    """
    if score.ndim != 1:
        raise wrong_shape("The vector of scores", score, "(hidden,)")
    if q.ndim != 3 or q.shape[-1] != len(score):
        raise wrong_shape("The tensor of queries", q, f"(batch, queries, {len(score)})")
    _check(q, k, k, mask)
    return masked_softmax(tanh(q[:, :, None] + k[:, None]) @ score, mask)


def additive_attention(
    q: Float[Tensor, "batch queries hidden"],
    k: Float[Tensor, "batch keys hidden"],
    v: Float[Tensor, "batch keys size"],
    score: Float[Tensor, " hidden"],
    mask: Bool[Tensor, "..."] | None = None,
    p: float = 0.0,
) -> Float[Tensor, "batch queries size"]:
    """y_i = sum_j a_ij v_j with the weights of `additive_weights`, each dropped with probability p.

    Source: Bahdanau, Cho & Bengio (2015), equations 5 and 6.
    """
    _check(q, k, v, mask)
    return dropout(additive_weights(q, k, score, mask), p) @ v


class AdditiveAttention(Module):
    """Additive attention with its projections: y_i = sum_j a_ij v_j, a_ij = softmax_j(v . tanh(W q_i + U k_j + b)).

    W (hidden, query_size), U (hidden, key_size), b and v (hidden) start from U(±1/sqrt(inputs)) as `Linear` does.
    `dropout` is the probability to drop a weight while training. A decoder that asks step by step takes U k_j + b =
    `key(keys)` once and calls `additive_attention` with it.
    Raises UserError for sizes below one and a dropout that is not in [0, 1).
    Source: Bahdanau, Cho & Bengio (2015), section 3.1; appendix B.1 starts from N(0, 0.001^2) and v = b = 0.
    """

    def __init__(self, query_size: int, key_size: int, hidden: int, dropout: float = 0.0):
        super().__init__()
        check_sizes("AdditiveAttention", query_size=query_size, key_size=key_size, hidden=hidden)
        check_probability(dropout)
        self.dropout = dropout
        self.query = Linear(query_size, hidden, bias=False)
        self.key = Linear(key_size, hidden)
        self.score = Parameter(torch.empty(hidden))
        uniform_(self.score, 1 / sqrt(hidden))

    def forward(
        self,
        query: Float[Tensor, "batch queries q"],
        key: Float[Tensor, "batch keys k"],
        value: Float[Tensor, "batch keys size"] | None = None,
        mask: Bool[Tensor, "..."] | None = None,
        weights: bool = False,
    ) -> Float[Tensor, "batch queries size"] | tuple[Float[Tensor, "..."], Float[Tensor, "batch queries keys"]]:
        """The answers, and with `weights` also the weights (batch, queries, keys) that mixed them, dropout included.

        Without values the keys are mixed. The mask is (queries, keys) or (batch, queries, keys), True = may attend;
        `padding_mask(lengths, time)[:, None]` keeps padded keys out.
        """
        q, k, v = self.query(query), self.key(key), key if value is None else value
        _check(q, k, v, mask)
        a = dropout(additive_weights(q, k, self.score, mask), self.dropout if self.training else 0.0)
        return (a @ v, a) if weights else a @ v

    def extra_repr(self) -> str:
        return f"dropout={self.dropout}"
