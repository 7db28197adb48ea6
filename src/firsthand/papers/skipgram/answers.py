"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import softplus


def kept(counts: Float[Tensor, " vocab"], t: float) -> Float[Tensor, " vocab"]:
    """The probability that an occurrence of each word stays in the text."""
    shares = counts / counts.sum()
    return (t / shares).sqrt().clamp(max=1)


def pairs(text: Int[Tensor, " time"], reach: Int[Tensor, " time"]) -> Int[Tensor, "pairs 2"]:
    """Every word with those about it, (centre, context), from left to right."""
    found = []
    for i, c in enumerate(reach.tolist()):
        for j in range(max(i - c, 0), min(i + c + 1, len(text))):
            if j != i:
                found.append(torch.stack([text[i], text[j]]))
    return torch.stack(found)


def noise(
    counts: Float[Tensor, " vocab"], power: float, draws: Float[Tensor, "pairs k"]
) -> tuple[Float[Tensor, " vocab"], Int[Tensor, "pairs k"]]:
    """The share of the noise that each word has, and the words that the draws, from 0 to 1, stand for."""
    weights = counts**power
    shares = weights / weights.sum()
    return shares, torch.searchsorted(shares.cumsum(0), draws, right=True)


def negative(
    v: Float[Tensor, "vocab d"],
    u: Float[Tensor, "vocab d"],
    centre: Int[Tensor, " pairs"],
    context: Int[Tensor, " pairs"],
    drawn: Int[Tensor, "pairs k"],
) -> Float[Tensor, " pairs"]:
    """What is minimised for each pair, by negative sampling."""
    h = v[centre]
    right = (u[context] * h).sum(1)
    wrong = (u[drawn] * h[:, None]).sum(2)
    return softplus(-right) + softplus(wrong).sum(1)


def tree(
    h: Float[Tensor, "batch d"],
    u: Float[Tensor, "inner d"],
    nodes: Int[Tensor, "vocab depth"],
    branches: Int[Tensor, "vocab depth"],
) -> Float[Tensor, "batch vocab"]:
    """The log-probability of every word, by hierarchical softmax."""
    scores = (h @ u.T)[:, nodes]
    logs = -softplus(-branches * scores)
    return (logs * branches.abs()).sum(2)


def train(
    text: Int[Tensor, " time"],
    stays: Bool[Tensor, " time"],
    reach: Int[Tensor, " time"],
    drawn: Int[Tensor, "most k"],
    v: Float[Tensor, "vocab d"],
    u: Float[Tensor, "vocab d"],
    lr: float,
) -> tuple[Float[Tensor, "vocab d"], Float[Tensor, "vocab d"]]:
    """Both tables after one pass over the text."""
    v, u = v.clone(), u.clone()
    examples = pairs(text[stays], reach[stays])
    for (centre, context), others in zip(examples, drawn, strict=False):
        targets = torch.cat([context[None], others])
        h, vectors = v[centre].clone(), u[targets]
        slopes = torch.sigmoid(vectors @ h)
        slopes[0] -= 1
        v[centre] -= lr * slopes @ vectors
        u.index_add_(0, targets, -lr * slopes[:, None] * h)
    return v, u
