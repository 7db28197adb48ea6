"""Running text as numbers: tokens are characters or words, and 0 stands for every token that is not known."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypedDict

import numpy as np

from firsthand.errors import UserError
from firsthand.typed import read_json

UNKNOWN = "<unk>"
Level = Literal["character", "word", "spaced"]  # spaced: words, and marks as words, with white space between them
_WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


def split(text: str, level: Level) -> list[str]:
    """The tokens of a text: every character; words and punctuation marks; or what stands between white space."""
    return list(text) if level == "character" else _WORD.findall(text) if level == "word" else text.split()


class Saved(TypedDict):
    """What a vocabulary.json of running text holds."""

    level: Level
    tokens: list[str]


@dataclass(frozen=True)
class TokenVocabulary:
    """The tokens a model knows, as indices 1, 2, ...; index 0 is `<unk>`, any other token."""

    tokens: tuple[str, ...]
    level: Level = "character"

    @classmethod
    def of(
        cls, counts: Counter[str], level: Level = "character", min_count: int = 1, most: int | None = None
    ) -> "TokenVocabulary":
        """The tokens seen `min_count` times or more, at most the `most` frequent of them, in code point order.

        Of equally frequent ones those that come first in code point order are kept.
        """
        kept = [token for token, count in counts.items() if count >= min_count and token != UNKNOWN]
        kept.sort(key=lambda token: (-counts[token], token))
        return cls(tuple(sorted(kept[:most])), level)

    @classmethod
    def read(cls, path: str | Path, level: Level | None = None) -> "TokenVocabulary":
        """A run's vocabulary.json; raises UserError for any other file, and for one of tokens of another kind."""
        saved = read_json(Path(path), Saved, "it should be the vocabulary.json of a run that learned running text")
        found = cls.from_json(saved)
        single = found.level != "character" or all(len(token) == 1 for token in found.tokens)
        if not single or len(set(found.tokens)) < len(found.tokens):
            raise UserError(f"{path} is damaged: it is not made of distinct tokens of level '{found.level}'.")
        if level not in (None, found.level):
            raise UserError(f"The tokens of {path} are of level '{found.level}', those of the data of '{level}'.")
        return found

    def __len__(self) -> int:
        return len(self.tokens) + 1

    @cached_property
    def _index(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens, start=1)}

    @cached_property
    def _points(self) -> np.ndarray:
        """The index of every code point, for the level of characters: a table is far faster than a dictionary."""
        known = np.array([ord(token) for token in self.tokens], dtype=np.int64)
        table = np.zeros(int(known.max(initial=0)) + 2, dtype=self.dtype)
        table[known] = np.arange(1, len(known) + 1)
        return table

    @property
    def dtype(self) -> type[np.unsignedinteger]:
        """The smallest type of number that holds every index."""
        return np.uint8 if len(self) <= 2**8 else np.uint16 if len(self) <= 2**16 else np.uint32

    def encode(self, text: str) -> np.ndarray:
        """The index of every token of the text, 0 where it is not known."""
        if self.level == "character":
            points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
            return self._points[np.minimum(points, len(self._points) - 1)]
        return self.encode_tokens(split(text, self.level))

    def encode_tokens(self, tokens: Iterable[str]) -> np.ndarray:
        """The same of a text that is split already."""
        find = self._index.get
        return np.fromiter((find(token, 0) for token in tokens), dtype=self.dtype)

    def decode(self, ids: Iterable[int] | np.ndarray) -> str:
        """The text of the indices, words with a space between them."""
        found = (UNKNOWN if i == 0 else self.tokens[i - 1] for i in ids)
        return ("" if self.level == "character" else " ").join(found)

    def to_json(self) -> dict[str, object]:
        """The vocabulary as an object that `json` can write, for `from_json`."""
        return {"level": self.level, "tokens": list(self.tokens)}

    @classmethod
    def from_json(cls, saved: dict) -> "TokenVocabulary":
        """The vocabulary that `to_json` gave."""
        return cls(tuple(saved["tokens"]), saved["level"])
