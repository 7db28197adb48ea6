"""What is drawn at random from a text: the words that are kept, how far each reaches, and the noise."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int, Integer
from torch import Tensor

from firsthand.data.stream import release
from firsthand.papers.skipgram.model import NOTHING
from firsthand.train.task import Examples

PIECE = 1 << 24  # words counted at a time

Counts = Int[np.ndarray, " vocab"]


def count(tokens: Integer[np.ndarray, " text"], vocab: int) -> Counts:
    """How often each known word stands in a text; token 0, the unknown ones, is left out, and token i is word i - 1."""
    total = np.zeros(vocab + 1, np.int64)
    for start in range(0, len(tokens), PIECE):
        total += np.bincount(tokens[start : start + PIECE], minlength=vocab + 1)
        release(tokens)
    return total[1:]


def kept(counts: Counts, t: int | float, formula: str = "paper") -> Float[np.ndarray, " vocab"]:
    """The probability that an occurrence of each word stays in the text.

    paper      sqrt(t / f), f being the word's share of the text; 1 where f <= t      equation 5
    c          sqrt(t / f) + t / f, at most 1, as word2vec.c and gensim have it
    With t = 0 every word stays.
    """
    if t == 0:
        return np.ones(len(counts))
    ratio = t * counts.sum() / np.maximum(counts, 1)
    return np.minimum(np.sqrt(ratio) + (ratio if formula == "c" else 0), 1)


def noise_shares(counts: Counts, power: int | float) -> Float[np.ndarray, " vocab"]:
    """P_n(w) = U(w)^power / Z; a word that was never seen is no noise. Source: Mikolov et al. (2013b), section 2.2."""
    weights = np.where(counts > 0, counts.astype(np.float64) ** power, 0)
    return weights / weights.sum()


class Passages(Examples):
    """The passages of a text, wherever it lies, one after another; the last may be shorter."""

    def __init__(self, tokens: Integer[np.ndarray, " text"], size: int):
        self.tokens, self.size = tokens, size

    def __len__(self) -> int:
        return -(-len(self.tokens) // self.size)

    def rows(self, numbers: Int[np.ndarray, " passages"]) -> Int[np.ndarray, "passages size"]:
        """The words of these passages; `NOTHING` where a word is unknown or the text is over."""
        found = np.full((len(numbers), self.size), NOTHING, np.int64)
        for row, number in zip(found, numbers, strict=True):
            piece = self.tokens[number * self.size : (number + 1) * self.size]
            row[: len(piece)] = piece
            row[: len(piece)] -= 1  # token 0 is unknown
        release(self.tokens)
        return found


@dataclass(frozen=True)
class Draws:
    """How a text is thinned out, how far its words reach, and from what noise is drawn."""

    counts: Counts
    subsample: int | float = 1e-3
    formula: Literal["c", "paper"] = "c"
    window: int = 5
    power: int | float = 0.75
    shared: int = 64  # noise words of a block
    block: int = 64  # words that share noise words

    @cached_property
    def _kept(self) -> Float[np.ndarray, " vocab"]:
        return np.append(kept(self.counts, self.subsample, self.formula), 0.0)  # what is unknown is dropped

    @cached_property
    def _below(self) -> Float[np.ndarray, " vocab"]:
        """The share of noise that is a word's or an earlier one's."""
        return np.cumsum(noise_shares(self.counts, self.power))

    def noise(self, shape: int | tuple[int, ...], generator: np.random.Generator) -> Int[np.ndarray, "..."]:
        """Noise words."""
        return np.searchsorted(self._below, generator.random(shape) * self._below[-1], side="right")

    def stretch(
        self, passages: Int[np.ndarray, "passages size"], generator: np.random.Generator
    ) -> tuple[Int[Tensor, " places"], Int[Tensor, " time"], Int[Tensor, "blocks shared"]]:
        """One stretch of text made of passages: its words, how far each reaches, and noise for every block of it.

        Words are dropped before reaches count, so that those that stay reach further. Between passages, at both ends
        and where the last block is not full there is `NOTHING`, so wide that no word reaches across.
        """
        gap = np.full((len(passages), self.window), NOTHING)
        stays = generator.random(passages.shape) < self._kept[passages]
        words = np.concatenate([passages, gap], 1)[np.concatenate([stays, gap == NOTHING], 1)]
        time = max(-(-len(words) // self.block), 1) * self.block
        places = np.full(time + 2 * self.window, NOTHING)
        places[self.window : self.window + len(words)] = words
        reach = generator.integers(1, self.window, size=time, endpoint=True)
        noise = self.noise((time // self.block, self.shared), generator)
        return tuple(torch.from_numpy(part) for part in (places, reach, noise))
