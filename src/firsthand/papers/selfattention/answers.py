"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import sqrt

import torch
from jaxtyping import Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]
Kept = list[tuple[Tensor, Tensor]]  # keys and values, each (batch, heads, tokens, d_k), of every block


def weights(q: Float[Tensor, "*batch queries d_k"], k: Float[Tensor, "*batch keys d_k"], causal: bool) -> Tensor:
    """How much each query looks at each key, (*batch, queries, keys); the last query stands at the last key."""
    scores = q @ k.mT / sqrt(q.shape[-1])
    if causal:
        queries, keys = scores.shape[-2:]
        past = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)
        scores = scores.masked_fill(~past, float("-inf"))
    return torch.softmax(scores, dim=-1)


def backward(
    q: Float[Tensor, "*batch queries d_k"],
    k: Float[Tensor, "*batch keys d_k"],
    v: Float[Tensor, "*batch keys d_v"],
    causal: bool,
    dy: Float[Tensor, "*batch queries d_v"],
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of q, k and v, when that of y = A v is dy."""
    a = weights(q, k, causal)
    da = dy @ v.mT
    ds = a * (da - (a * da).sum(-1, keepdim=True)) / sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, a.mT @ dy


def self_attention(
    x: Float[Tensor, "batch time d"],
    past_k: Float[Tensor, "batch heads seen d_k"],
    past_v: Float[Tensor, "batch heads seen d_k"],
    W_in: Float[Tensor, "3*d d"],
    b_in: Float[Tensor, " 3*d"],
    W_out: Float[Tensor, "d d"],
    b_out: Float[Tensor, " d"],
) -> tuple[Tensor, Tensor, Tensor]:
    """What each token finds, (batch, time, d), then keys and values of all tokens, (batch, heads, seen + time, d_k)."""
    sums = (x @ W_in.T + b_in).unflatten(2, (3, past_k.shape[1], -1))
    q, k, v = sums.permute(2, 0, 3, 1, 4)
    k, v = torch.cat([past_k, k], 2), torch.cat([past_v, v], 2)
    found = weights(q, k, causal=True) @ v
    return found.transpose(1, 2).flatten(2) @ W_out.T + b_out, k, v


def norm(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Every token's numbers with mean 0 and variance 1, then scaled and shifted."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() * scale + shift


def block(
    x: Float[Tensor, "batch time d"],
    past_k: Float[Tensor, "batch heads seen d_k"],
    past_v: Float[Tensor, "batch heads seen d_k"],
    p: Parameters,
) -> tuple[Tensor, Tensor, Tensor]:
    """The next block's x, (batch, time, d), and the keys and values of all tokens."""
    y = norm(x, p["scale_1"], p["shift_1"])
    found, k, v = self_attention(y, past_k, past_v, p["W_in"], p["b_in"], p["W_out"], p["b_out"])
    x = x + found
    hidden = (norm(x, p["scale_2"], p["shift_2"]) @ p["W_1"].T + p["b_1"]).clamp(min=0)
    return x + hidden @ p["W_2"].T + p["b_2"], k, v


def advance(
    tokens: Int[Tensor, "batch time"], state: Kept | None, heads: int, ends: Parameters, blocks: list[Parameters]
) -> tuple[Float[Tensor, "batch time vocab"], Kept]:
    """Logits of the token after each token, and what every block keeps; the state is None at the start of a text."""
    d = ends["C"].shape[1]
    if state is None:
        nothing = ends["C"].new_zeros(len(tokens), heads, 0, d // heads)
        state = [(nothing, nothing)] * len(blocks)
    seen = state[0][0].shape[2]
    x = ends["C"][tokens] + ends["P"][seen : seen + tokens.shape[1]]
    kept = []
    for (past_k, past_v), p in zip(state, blocks, strict=True):
        x, k, v = block(x, past_k, past_v, p)
        kept.append((k, v))
    return norm(x, ends["scale"], ends["shift"]) @ ends["W"].T + ends["b"], kept
