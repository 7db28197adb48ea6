"""N-gram models, which count: the trigram of the paper's mixtures, and the best smoothing of its time.

Both give every word a probability above 0 in every context, and these sum to 1.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int, Integer

from firsthand.errors import UserError

Tokens = Integer[np.ndarray, " tokens"]  # a text
Contexts = Int[np.ndarray, "rows context"]  # the words before, one row each, the most recent last
Rows = Int[np.ndarray, " rows"]
Probabilities = Float[np.ndarray, " rows"]


class Grams:
    """All different n-grams of a text up to some length, each with its count.

    A k-gram's number is its place among all k-grams of the text. For every k, `keys` has the sorted V p + w of the
    (k-1)-gram p and the word w that ends it: one search takes a whole column of (k-1)-grams one word further. What the
    text does not have is number -1, and every array of counts ends in a 0. Raises UserError for a text too short.
    """

    def __init__(self, text: Tokens, vocab: int, n: int):
        if len(text) < n or n < 1:
            raise UserError(f"A text of {len(text)} tokens has no {n}-grams: take a longer one, and n of 1 or more.")
        self.vocab = vocab
        words = text.astype(np.int64)
        self.keys = [np.arange(vocab)]
        self.counts = [np.append(np.bincount(words, minlength=vocab), 0)]
        self.continuations: list[np.ndarray] = []  # number of different words that each k-gram, k < n, stands after
        numbers = words  # of the k-gram that ends at each place of the text
        for k in range(2, n + 1):
            keys, first, inside, counts = np.unique(
                numbers[:-1] * vocab + words[k - 1 :], return_index=True, return_inverse=True, return_counts=True
            )
            shorter = numbers[1:][first]  # each k-gram without its first word
            self.continuations.append(np.bincount(shorter, minlength=len(self.keys[-1]) + 1))
            self.keys.append(keys)
            self.counts.append(np.append(counts, 0))
            numbers = inside

    def longer(self, numbers: Rows, words: Rows, k: int) -> Rows:
        """The numbers of the k-grams that these (k-1)-grams become with one more word."""
        keys, wanted = self.keys[k - 1], numbers * self.vocab + words
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[places] == wanted, places, -1)

    def find(self, grams: Contexts) -> Rows:
        """The numbers of whole n-grams, one a row; an empty row is the context of a single word, number 0."""
        numbers = np.zeros(len(grams), dtype=np.int64)
        for k, words in enumerate(grams.T, start=1):
            numbers = self.longer(numbers, words.astype(np.int64), k)
        return numbers

    def along(self, contexts: Contexts, words: Rows) -> Iterator[tuple[Rows, Rows]]:
        """For k = 1 .. n the numbers of the last k - 1 words, and of the k-grams that they and these words make."""
        n = len(self.keys)
        if contexts.shape[1] < n - 1:
            raise UserError(f"A {n}-gram needs {n - 1} words of context, got {contexts.shape[1]}.")
        for k in range(1, n + 1):
            before = self.find(contexts[:, contexts.shape[1] - k + 1 :])
            yield before, self.longer(before, words.astype(np.int64), k)

    def of_contexts(self, values: Float[np.ndarray, " grams"], k: int) -> Float[np.ndarray, " contexts"]:
        """Sums of a value of every k-gram over all that begin with the same k - 1 words, and the 0 at the end."""
        contexts = self.keys[k - 1] // self.vocab
        return np.bincount(contexts, values[:-1], minlength=len(self.keys[k - 2]) + 1 if k > 1 else 2)


class DeletedInterpolation:
    """A trigram: P(w) = a_0(q) / V + a_1(q) p_1(w) + a_2(q) p_2(w | one before) + a_3(q) p_3(w | two before).

    p_k are relative frequencies in the training text, of T words; that of a context which is not in it is the shorter
    one's, so that all sums to 1. The weights a(q) sum to 1 for every bin of contexts that are about as frequent,
    q = ceil(-log((1 + frequency) / T)). Source: section 4.2 (Jelinek & Mercer, 1980).
    """

    def __init__(self, text: Tokens, vocab: int):
        self.grams = Grams(text, vocab, 3)
        self.length = len(text)
        self.frequencies = [self.grams.of_contexts(self.grams.counts[k - 1].astype(float), k) for k in (1, 2, 3)]
        self.weights = np.full((int(np.ceil(np.log(self.length))) + 1, 4), 0.25)

    def bins(self, contexts: Contexts) -> Rows:
        """q, from 0 for a context that is everywhere to ceil(log T) for one that was never seen."""
        frequency = self.frequencies[2][self.grams.find(contexts[:, -2:])]
        return np.ceil(-np.log((1 + frequency) / self.length)).clip(0).astype(np.int64)

    def terms(self, contexts: Contexts, words: Rows) -> Float[np.ndarray, "rows 4"]:
        """1 / V, p_1, p_2 and p_3."""
        found = [np.full(len(words), 1 / self.grams.vocab)]
        for k, (before, gram) in enumerate(self.grams.along(contexts, words)):
            count, frequency = self.grams.counts[k][gram], self.frequencies[k][before]
            found.append(np.where(frequency > 0, count / np.maximum(frequency, 1), found[-1]))
        return np.stack(found, 1)

    def fit(self, text: Tokens, iterations: int = 5) -> None:
        """Weights that make a held-out text likelier, by expectation maximisation; a bin that it lacks stays even."""
        contexts, words = context_and_word(text, 2)
        terms, bins = self.terms(contexts, words), self.bins(contexts)
        for _ in range(iterations):
            shares = self.weights[bins] * terms  # how likely it is that each term made the word
            shares /= shares.sum(1, keepdims=True)
            sums = np.stack([np.bincount(bins, column, minlength=len(self.weights)) for column in shares.T], 1)
            seen = sums.sum(1) > 0
            self.weights[seen] = sums[seen] / sums[seen].sum(1, keepdims=True)

    def probability(self, contexts: Contexts, words: Rows) -> Probabilities:
        """P of each word after the last two of each context."""
        return (self.weights[self.bins(contexts)] * self.terms(contexts, words)).sum(1)


class KneserNey:
    """Interpolated n-grams with modified Kneser-Ney smoothing: P_n, where

        P_k(w | c) = (C(c w) - D_k(C(c w))) / S(c) + L(c) / S(c) P_(k-1)(w | c without its oldest word)
        S(c) = sum over w of C(c w),  L(c) = sum over w of D_k(C(c w)),  P_0 = 1 / V

    C is the count for k = n; for shorter ones it is the number of different words that stand before: a word that
    only ever follows "San" is no likely word after others. A context that was never seen has P_(k-1).
    Source: Chen & Goodman (1999), An empirical study of smoothing techniques, equations 26 and 27.
    """

    def __init__(self, text: Tokens, vocab: int, n: int = 3):
        self.grams = Grams(text, vocab, n)
        self.parts = []  # C - D, S and L, for k = 1 .. n
        for k, counts in enumerate((*self.grams.continuations, self.grams.counts[-1]), start=1):
            taken = discounts(counts)[np.minimum(counts, 3)]
            sums, left = (self.grams.of_contexts(values, k) for values in (counts.astype(float), taken))
            self.parts.append((counts - taken, sums, left))

    def probability(self, contexts: Contexts, words: Rows) -> Probabilities:
        """P_n of each word after the last n - 1 of each context."""
        p = np.full(len(words), 1 / self.grams.vocab)
        for (before, gram), (kept, sums, left) in zip(self.grams.along(contexts, words), self.parts, strict=True):
            smoothed = (kept[gram] + left[before] * p) / np.maximum(sums[before], 1)
            p = np.where(sums[before] > 0, smoothed, p)
        return p


def discounts(counts: Int[np.ndarray, " grams"]) -> Float[np.ndarray, "4"]:
    """What is taken from counts of 0, 1, 2, and 3 or more, so that it can be given to what was never seen.

    D_r = r - (r + 1) Y n_(r+1) / n_r with Y = n_1 / (n_1 + 2 n_2), where n_r grams have the count r; 1/2, 1 and 3/2
    where a text has not all these counts. Source: Chen & Goodman (1999), equation 26.
    """
    n = np.bincount(counts, minlength=5)[:5]
    if not n[1:4].all():
        return np.array([0, 0.5, 1.0, 1.5])
    y = n[1] / (n[1] + 2 * n[2])
    return np.array([0, *(max(r - (r + 1) * y * n[r + 1] / n[r], 0) for r in (1, 2, 3))])


def context_and_word(text: Tokens, context: int) -> tuple[Contexts, Rows]:
    """Every word of a text that has so many before it, with those."""
    rows = np.lib.stride_tricks.sliding_window_view(text.astype(np.int64), context + 1)
    return rows[:, :-1], rows[:, -1]


def perplexity(probabilities: Probabilities) -> float:
    """The geometric mean of 1 / P."""
    return float(np.exp(-np.log(probabilities).mean()))
