"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import sqrt

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Parameters = dict[str, Tensor]


def attention(
    q: Float[Tensor, "*batch queries k"],
    k: Float[Tensor, "*batch keys k"],
    v: Float[Tensor, "*batch keys v"],
    see: Bool[Tensor, "*#batch #queries keys"],
) -> Float[Tensor, "*batch queries v"]:
    """What each query finds; `see` is False where a query must not look at a key."""
    scores = q @ k.transpose(-2, -1) / sqrt(q.shape[-1])
    scores = scores.masked_fill(~see, float("-inf"))
    return torch.softmax(scores, dim=-1) @ v


def multi_head(
    x: Float[Tensor, "batch queries d"],
    source: Float[Tensor, "batch keys d"],
    see: Bool[Tensor, "#batch #queries keys"],
    heads: int,
    W_q: Float[Tensor, "d d"],
    W_k: Float[Tensor, "d d"],
    W_v: Float[Tensor, "d d"],
    W_o: Float[Tensor, "d d"],
) -> Float[Tensor, "batch queries d"]:
    """What x finds in the source with all heads; a head's rows of W_q, W_k and W_v follow each other."""
    q, k, v = (part.unflatten(2, (heads, -1)).transpose(1, 2) for part in (x @ W_q.T, source @ W_k.T, source @ W_v.T))
    found = attention(q, k, v, see[:, None])
    return found.transpose(1, 2).flatten(2) @ W_o.T


def positions(length: int, d: int) -> Float[Tensor, "length d"]:
    """The sinusoids of section 3.5, in float64."""
    place = torch.arange(length, dtype=torch.float64)[:, None]
    angle = place / 10_000 ** (torch.arange(0, d, 2, dtype=torch.float64) / d)
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)


def norm(
    x: Float[Tensor, "batch time d"], scale: Float[Tensor, " d"], shift: Float[Tensor, " d"]
) -> Float[Tensor, "batch time d"]:
    """Every token's numbers with mean 0 and variance 1, then scaled and shifted; eps is 1e-5."""
    mean = x.mean(-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt() * scale + shift


def encoder_layer(
    x: Float[Tensor, "batch time d"], see: Bool[Tensor, "batch 1 time"], heads: int, p: Parameters
) -> Float[Tensor, "batch time d"]:
    """Attention to all tokens, then two linear maps, each with a sum and a norm around it, without dropout."""
    x = norm(x + multi_head(x, x, see, heads, p["W_q"], p["W_k"], p["W_v"], p["W_o"]), p["scale_1"], p["shift_1"])
    hidden = (x @ p["W_1"].T + p["b_1"]).clamp(min=0)
    return norm(x + hidden @ p["W_2"].T + p["b_2"], p["scale_2"], p["shift_2"])


def decoder_layer(
    y: Float[Tensor, "batch time d"],
    memory: Float[Tensor, "batch source d"],
    see: Bool[Tensor, "batch 1 source"],
    heads: int,
    own: Parameters,
    cross: Parameters,
) -> Float[Tensor, "batch time d"]:
    """Attention to the tokens so far, then to the memory, then two linear maps, each with a sum and a norm."""
    before = torch.ones(y.shape[1], y.shape[1], dtype=torch.bool).tril()[None]
    found = multi_head(y, y, before, heads, own["W_q"], own["W_k"], own["W_v"], own["W_o"])
    y = norm(y + found, own["scale_1"], own["shift_1"])
    found = multi_head(y, memory, see, heads, cross["W_q"], cross["W_k"], cross["W_v"], cross["W_o"])
    y = norm(y + found, cross["scale_1"], cross["shift_1"])
    hidden = (y @ cross["W_1"].T + cross["b_1"]).clamp(min=0)
    return norm(y + hidden @ cross["W_2"].T + cross["b_2"], cross["scale_2"], cross["shift_2"])


def smoothed_loss(
    logits: Float[Tensor, "batch time vocab"], targets: Int[Tensor, "batch time"], smoothing: float, pad: int
) -> Float[Tensor, ""]:
    """Cross-entropy with label smoothing, the mean over all targets that are no padding."""
    logs = torch.log_softmax(logits, -1)
    right = -logs.gather(-1, targets[..., None]).squeeze(-1)
    loss = (1 - smoothing) * right - smoothing * logs.mean(-1)
    keep = targets != pad
    return (loss * keep).sum() / keep.sum()


def rate(step: int, d: int, warmup: int) -> float:
    """The learning rate of a step, which counts from 1."""
    return d**-0.5 * min(step**-0.5, step * warmup**-1.5)
