"""Characters as numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypedDict

from firsthand.errors import UserError
from firsthand.typed import read_json


class Saved(TypedDict):
    """What a vocabulary.json of lines holds."""

    characters: str


@dataclass(frozen=True)
class Vocabulary:
    """The characters a model knows, as indices 1, 2, ...; index 0 is the end token, which is no character of the data.

    The end token also fills the context before the first character. It has an index of its own because data may hold
    any character: 237 of the Indian names contain a full stop.
    """

    characters: tuple[str, ...]

    def __post_init__(self):
        if len(set(self.characters)) < len(self.characters) or any(len(one) != 1 for one in self.characters):
            raise ValueError("A vocabulary is made of distinct single characters.")

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Vocabulary":
        """The vocabulary of all characters that occur, in code point order."""
        return cls(tuple(sorted(set().union(*lines))))

    @classmethod
    def read(cls, path: str | Path) -> "Vocabulary":
        """A run's vocabulary.json; raises UserError for any other file."""
        saved = read_json(Path(path), Saved, "it should be the vocabulary.json of a run that learned lines")
        try:
            return cls.from_json(saved)
        except ValueError as error:
            raise UserError(f"{path} is damaged: {error}") from None

    def __len__(self) -> int:
        return len(self.characters) + 1

    def encode(self, text: str) -> list[int]:
        """The index of every character; raises `UserError` for a character that the vocabulary does not have."""
        try:
            return [self._index[character] for character in text]
        except KeyError:
            raise self.unseen(text) from None

    @cached_property
    def _index(self) -> dict[str, int]:
        return {character: i for i, character in enumerate(self.characters, start=1)}

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the indices; end tokens, before or after it, give nothing."""
        return "".join(self.characters[i - 1] for i in ids if i)

    def unseen(self, text: str) -> UserError:
        """The error for a text with characters that the vocabulary does not have."""
        new = _some(sorted(set(text) - set(self.characters)))
        return UserError(
            f"The vocabulary does not have {new}; it has {len(self.characters)}: {_some(self.characters)}."
        )

    def to_json(self) -> dict[str, str]:
        """The vocabulary as an object that `json` can write, for `from_json`."""
        return {"characters": "".join(self.characters)}

    @classmethod
    def from_json(cls, saved: dict[str, str]) -> "Vocabulary":
        """The vocabulary that `to_json` gave."""
        return cls(tuple(saved["characters"]))


def _some(characters: Sequence[str]) -> str:
    """The characters as a person can read them, not more than a hundred."""
    return repr("".join(characters[:100])) + ("..." if len(characters) > 100 else "")
