"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

from math import ceil, log

import torch
from jaxtyping import Float, Int
from torch import Tensor


def features(C: Float[Tensor, "vocab m"], words: Int[Tensor, "batch context"]) -> Float[Tensor, "batch width"]:
    """The feature vectors of the words before, side by side, the most recent first."""
    return C[words.flip(1)].flatten(1)


def logits(
    x: Float[Tensor, "batch width"],
    b: Float[Tensor, " vocab"],
    W: Float[Tensor, "vocab width"],
    d: Float[Tensor, " hidden"],
    H: Float[Tensor, "hidden width"],
    U: Float[Tensor, "vocab hidden"],
) -> Float[Tensor, "batch vocab"]:
    """How likely each word is to be the next, before the softmax."""
    return b + x @ W.T + torch.tanh(d + x @ H.T) @ U.T


def perplexity(
    y: Float[Tensor, "words vocab"],
    other: Float[Tensor, "words vocab"],
    targets: Int[Tensor, " words"],
    share: float,
) -> Float[Tensor, ""]:
    """The perplexity of the network, with logits y, mixed with another model's probabilities."""
    mixed = share * torch.softmax(y, 1) + (1 - share) * other
    right = mixed.gather(1, targets[:, None])
    return torch.exp(-right.log().mean())


def terms(text: Int[Tensor, " tokens"], contexts: Int[Tensor, "rows 2"], vocab: int) -> tuple[Tensor, Tensor]:
    """What a trigram model is interpolated of, (rows, 4, vocab), and the bin of each context, (rows)."""
    words, rows, bins = text.tolist(), [], []
    for older, recent in contexts.tolist():
        counts = torch.zeros(3, vocab, dtype=torch.float64)
        for t, word in enumerate(words):
            counts[0, word] += 1
            if t >= 1 and words[t - 1] == recent:
                counts[1, word] += 1
                if t >= 2 and words[t - 2] == older:
                    counts[2, word] += 1
        found = [torch.full((vocab,), 1 / vocab, dtype=torch.float64)]
        for count in counts:
            found.append(count / count.sum() if count.sum() > 0 else found[-1])
        rows.append(torch.stack(found))
        bins.append(max(0, ceil(-log((1 + counts[2].sum().item()) / len(words)))))
    return torch.stack(rows), torch.tensor(bins)


def fit(
    found: Float[Tensor, "rows 4"],
    bins: Int[Tensor, " rows"],
    weights: Float[Tensor, "bins 4"],
    iterations: int,
) -> Float[Tensor, "bins 4"]:
    """The weights of the four terms in each bin that make a held-out text likelier, by expectation maximisation."""
    belongs = torch.eye(len(weights), dtype=found.dtype)[bins]
    for _ in range(iterations):
        shares = weights[bins] * found
        sums = belongs.T @ (shares / shares.sum(1, keepdim=True))
        total = sums.sum(1, keepdim=True)
        weights = torch.where(total > 0, sums / total.clamp(min=0.5), weights)
    return weights


def learn(
    text: Int[Tensor, " tokens"],
    context: int,
    parameters: tuple[Tensor, ...],
    rate: float,
    slowing: float,
    decay: float,
) -> tuple[Tensor, ...]:
    """The network learns from a text, word by word: (log P of each word before its update, C, b, W, d, H, U)."""
    chances = []
    for t in range(len(text) - context):
        leaves = [value.detach().requires_grad_() for value in parameters]
        C, b, W, d, H, U = leaves
        y = logits(features(C, text[None, t : t + context]), b, W, d, H, U)
        chance = torch.log_softmax(y, 1)[0, text[t + context]]
        chances.append(chance.detach())
        step = rate / (1 + slowing * t)
        slopes = torch.autograd.grad(chance, leaves)
        parameters = tuple(
            value.detach() + step * (slope - (decay * value.detach() if value.ndim > 1 else 0))
            for value, slope in zip(leaves, slopes, strict=True)
        )
    return torch.stack(chances), *parameters
