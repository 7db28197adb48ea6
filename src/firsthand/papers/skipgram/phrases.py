"""Phrases: two words that stand beside each other far more often than by chance become one."""

from dataclasses import replace

import numpy as np
from jaxtyping import Int, Integer

from firsthand.data.tokens import TokenVocabulary
from firsthand.papers.skipgram.sampling import PIECE

Text = Integer[np.ndarray, " text"]


def pair_counts(tokens: Text, size: int) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """Every pair of known words that stand beside each other, as first * size + second, in order, and its count."""
    keys, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for start in range(0, len(tokens) - 1, PIECE):
        piece = tokens[start : start + PIECE + 1].astype(np.int64)
        both = (piece[:-1] > 0) & (piece[1:] > 0)
        new, times = np.unique((piece[:-1] * size + piece[1:])[both], return_counts=True)
        keys, place = np.unique(np.concatenate([keys, new]), return_inverse=True)
        counts = np.bincount(place, np.concatenate([counts, times]), len(keys)).astype(np.int64)
    return keys, counts


def phrases(tokens: Text, size: int, threshold: int | float, discount: int | float) -> Int[np.ndarray, "phrases 2"]:
    """The pairs of words whose score is above the threshold.

        score(a, b) = (count(a b) - discount) / (count(a) count(b)) * words of the text

    The factor makes thresholds independent of the length of the text, as in word2phrase.c.
    Source: Mikolov et al. (2013b), equation 6.
    """
    keys, counts = pair_counts(tokens, size)
    single = np.bincount(tokens, minlength=size).astype(np.float64)
    score = (counts - discount) / (single[keys // size] * single[keys % size]) * single[1:].sum()
    return np.stack(np.divmod(keys[score > threshold], size), 1)


def joined(tokens: Text, numbers: dict[int, int], size: int) -> Integer[np.ndarray, " shorter"]:
    """The text with a token for each phrase, from left to right: in "a b c" with "a b" and "b c" it is the first."""
    keys = np.array(sorted(numbers), np.int64)
    text = tokens.astype(np.int64)
    both = text[:-1] * size + text[1:]
    place = np.searchsorted(keys, both).clip(max=max(len(keys) - 1, 0))
    starts = np.flatnonzero(keys[place] == both) if len(keys) else np.zeros(0, np.int64)
    chosen, last = [], -2
    for start in starts.tolist():
        if start > last + 1:
            chosen.append(start)
            last = start
    at = np.array(chosen, np.int64)
    text[at] = [numbers[key] for key in both[at].tolist()]
    return np.delete(text, at + 1).astype(np.uint32)


def join(
    parts: tuple[np.ndarray, ...],
    vocabulary: TokenVocabulary,
    passes: int,
    threshold: int | float,
    discount: int | float,
) -> tuple[tuple[np.ndarray, ...], TokenVocabulary]:
    """The parts of a text with the phrases of the first one joined, "new york" as new_york, and the vocabulary.

    Every pass has half the threshold of the one before and may join phrases to longer ones.
    """
    names = list(vocabulary.tokens)
    known = {name: number for number, name in enumerate(names, 1)}
    for _ in range(passes):
        size, numbers = len(names) + 1, {}
        for first, second in phrases(parts[0], size, threshold, discount).tolist():
            name = f"{names[first - 1]}_{names[second - 1]}"
            if name not in known:
                names.append(name)
                known[name] = len(names)
            numbers[first * size + second] = known[name]
        parts, threshold = tuple(joined(part, numbers, size) for part in parts), threshold / 2
    return parts, replace(vocabulary, tokens=tuple(names))
