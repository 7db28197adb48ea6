"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import sqrt

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import gelu

PAD, CLS, SEP, MASK = 0, 1, 2, 3  # padding, begin, the end of a span, a word that is hidden
NOTHING = -100  # the target where no word was hidden

Parameters = dict[str, Tensor]


def pack(a: list[int], b: list[int], length: int) -> tuple[Int[Tensor, " length"], Int[Tensor, " length"]]:
    """Tokens and segments of an example of one span, b being empty, or of two."""
    a, b = list(a), list(b)
    while len(a) + len(b) + 2 + bool(b) > length:
        (a if len(a) > len(b) else b).pop()
    second = [*b, SEP] if b else []
    tokens = [CLS, *a, SEP, *second]
    segments = [0] * (len(a) + 2) + [1] * len(second)
    rest = length - len(tokens)
    return torch.tensor(tokens + [PAD] * rest), torch.tensor(segments + [0] * rest)


def hide(
    tokens: Int[Tensor, "batch time"],
    order: Float[Tensor, "batch time"],
    what: Float[Tensor, "batch time"],
    others: Int[Tensor, "batch time"],
) -> tuple[Int[Tensor, "batch time"], Int[Tensor, "batch time"]]:
    """The tokens with some of them hidden, and what these were, NOTHING elsewhere."""
    words = (tokens != PAD) & (tokens != CLS) & (tokens != SEP)
    count = (0.15 * words.sum(1, keepdim=True)).round().clamp(min=1)
    place = order.masked_fill(~words, 2.0).argsort(1).argsort(1)
    chosen = place < count
    shown = torch.where(what < 0.8, MASK, torch.where(what < 0.9, others, tokens))
    return torch.where(chosen, shown, tokens), torch.where(chosen, tokens, NOTHING)


def norm(x: Tensor, scale: Tensor, shift: Tensor, eps: float = 1e-12) -> Tensor:
    """The numbers of every token with mean 0 and variance 1, then scaled and shifted."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt() * scale + shift


def embed(
    tokens: Int[Tensor, "batch time"], segments: Int[Tensor, "batch time"], p: Parameters
) -> Float[Tensor, "batch time hidden"]:
    """What goes into the lowest layer."""
    x = p["E"][tokens] + p["P"][: tokens.shape[1]] + p["S"][segments]
    return norm(x, p["scale"], p["shift"])


def layer(
    x: Float[Tensor, "batch time hidden"], keep: Bool[Tensor, "batch time"], heads: int, p: Parameters
) -> Float[Tensor, "batch time hidden"]:
    """The next layer's input, without dropout."""
    sums = (x @ p["W_in"].T + p["b_in"]).unflatten(2, (3, heads, -1))
    q, k, v = sums.permute(2, 0, 3, 1, 4)
    scores = (q @ k.mT / sqrt(q.shape[-1])).masked_fill(~keep[:, None, None], float("-inf"))
    found = (torch.softmax(scores, -1) @ v).transpose(1, 2).flatten(2)
    x = norm(x + found @ p["W_out"].T + p["b_out"], p["scale_1"], p["shift_1"])
    hidden = gelu(x @ p["W_1"].T + p["b_1"])
    return norm(x + hidden @ p["W_2"].T + p["b_2"], p["scale_2"], p["shift_2"])


def words(
    states: Float[Tensor, "batch time hidden"],
    chosen: Bool[Tensor, "batch time"],
    E: Float[Tensor, "vocab hidden"],
    p: Parameters,
) -> Float[Tensor, "chosen vocab"]:
    """Logits of the tokens at the chosen places, row by row."""
    h = gelu(states[chosen] @ p["W_t"].T + p["b_t"])
    return norm(h, p["scale"], p["shift"]) @ E.T + p["b"]


def pretrain(
    tokens: Int[Tensor, "batch time"],
    segments: Int[Tensor, "batch time"],
    targets: Int[Tensor, "batch time"],
    follows: Int[Tensor, " batch"],
    heads: int,
    ends: list[Parameters],
    layers: list[Parameters],
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """The losses of the hidden words and of what follows; what is minimised is their sum."""
    below, above, pair = ends
    x = embed(tokens, segments, below)
    for p in layers:
        x = layer(x, tokens != PAD, heads, p)
    chosen = targets != NOTHING
    logs = torch.log_softmax(words(x, chosen, below["E"], above), 1)
    hidden = -logs.gather(1, targets[chosen][:, None]).mean()
    pooled = torch.tanh(x[:, 0] @ pair["W_p"].T + pair["b_p"])
    logs = torch.log_softmax(pooled @ pair["W_n"].T + pair["b_n"], 1)
    return hidden, -logs.gather(1, follows[:, None]).mean()
