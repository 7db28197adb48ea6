"""Lines of text as examples of "which character comes next?"."""

import random

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from firsthand.data.tokens import TokenVocabulary
from firsthand.data.vocabulary import Vocabulary
from firsthand.errors import UserError

__all__ = ["Vocabulary", "split_lines", "windows"]


def split_lines(lines: list[str], seed: int = 42) -> tuple[list[str], list[str], list[str]]:
    """80 % of the lines to train on, 10 % for validation and 10 % to test, after a shuffle that `seed` fixes.

    Source: makemore, part 2: `random.seed(42); random.shuffle(words)`.
    """
    lines = list(lines)
    random.Random(seed).shuffle(lines)
    first, second = int(0.8 * len(lines)), int(0.9 * len(lines))
    return lines[:first], lines[first:second], lines[second:]


def windows(
    lines: list[str], vocabulary: Vocabulary, context: int
) -> tuple[Int[Tensor, "n context"], Int[Tensor, " n"]]:
    """Every character of every line, and the end of the line, as a target, with the `context` characters before it.

    n = Σ (len(line) + 1). Positions before a line's start hold 0, the end token; no window reaches into another line.
    Raises `UserError` for a character that the vocabulary does not have.

    Source: makemore, part 2; Bengio et al. (2003), section 2.
    """
    if context < 1:
        raise UserError(f"The context is {context} characters: it must be at least 1.")
    if not lines:
        return torch.zeros(0, context, dtype=torch.int64), torch.zeros(0, dtype=torch.int64)
    # One stream of [0] * context + line + [0] for every line; every window is a slice of it.
    ends = np.cumsum([context + len(line) + 1 for line in lines])
    is_target = np.ones(ends[-1], dtype=bool)
    is_target[(np.append(0, ends[:-1])[:, None] + np.arange(context)).ravel()] = False
    targets = np.flatnonzero(is_target)
    is_target[ends - 1] = False  # the rest are characters
    stream = np.zeros(ends[-1], dtype=np.int64)
    stream[is_target] = _indices("".join(lines), vocabulary)
    tokens = torch.from_numpy(stream)
    return tokens.unfold(0, context, 1)[torch.from_numpy(targets - context)], tokens[torch.from_numpy(targets)]


def _indices(text: str, vocabulary: Vocabulary) -> np.ndarray:
    """`vocabulary.encode`, by a table over code points: far faster for a whole data set."""
    ids = TokenVocabulary(vocabulary.characters).encode(text)  # which counts from 1, too, and has 0 for the unknown
    if not ids.all():
        raise vocabulary.unseen(text)
    return ids
