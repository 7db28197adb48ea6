"""The Brown corpus: 500 samples of American English printed in 1961, every word with its part of speech."""

import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from firsthand.data.files import fetch
from firsthand.data.registry import DATASETS
from firsthand.errors import UserError

IMAGINATIVE = ("fiction", "mystery", "science_fiction", "adventure", "romance", "humor")  # genres K to R; A to J inform
COARSE = {  # what the first two letters of frequent tags stand for
    "NN": "noun", "JJ": "adjective", "VB": "verb", "IN": "preposition", "NP": "proper noun", "RB": "adverb",
    "CS": "conjunction", "AP": "many, few, next", "CD": "number", "TO": "to before a verb", "PP": "pronoun",
    "DT": "this, that", "AB": "all, half", "WP": "who", "QL": "very, too", "CC": "and, or", "RP": "up, out",
    "WD": "which, what", "FW": "foreign word", "HV": "have", "DO": "do", "BE": "be", "AT": "article",
    "EX": "there is", "MD": "can, will", "OD": "first, second", "NR": "home, Monday",
}  # fmt: skip

_DAMAGED = (zlib.error, lzma.LZMAError, struct.error)  # what else a broken archive raises; encryption: RuntimeError

Tagged = tuple[str, str]  # a word and its tag, ("jury", "NN")


@dataclass(frozen=True)
class Document:
    """One sample of about 2,000 words: a file of the corpus."""

    name: str  # of the file: c, the letter of the genre, its number
    category: str  # one of 15 genres
    sentences: tuple[tuple[Tagged, ...], ...]

    @property
    def imaginative(self) -> bool:
        """Whether it is made up; the corpus's other half wants to inform."""
        return self.category in IMAGINATIVE

    def words(self) -> list[list[str]]:
        """The sentences without their tags."""
        return [[word for word, _ in sentence] for sentence in self.sentences]


def load_brown() -> tuple[Document, ...]:
    """The 500 documents of the corpus by name, ca01 to cr09: 57,340 sentences, 1,161,192 words and marks.

    Words are as printed, with capitals; tags are in capitals, as the corpus's manual has them.
    Raises UserError when the file is neither here nor to be had.
    """
    return read_brown(fetch(DATASETS["brown"].files[0]))


def labelled(shortest: int) -> Iterator[tuple[list[str], bool]]:
    """The sentences of so many words and marks or more, and whether each is imaginative prose."""
    for document in load_brown():
        for words in document.words():
            if len(words) >= shortest:
                yield words, document.imaginative


def read_brown(path: Path) -> tuple[Document, ...]:
    """The documents in this zip archive. Raises UserError for a file that is no such archive."""
    pair = cache(tagged)  # a million words are 63,000 pairs: each is kept once
    try:
        with zipfile.ZipFile(path) as archive:
            genres = archive.read("brown/cats.txt").decode("ascii").split()
            return tuple(
                Document(name, category, sentences(archive.read(f"brown/{name}").decode("ascii"), pair))
                for name, category in sorted(zip(genres[::2], genres[1::2], strict=True))
            )
    except (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, *_DAMAGED) as error:
        raise UserError(f"{path} cannot be read as the Brown corpus: {error}.") from error


def sentences(text: str, pair: Callable[[str], Tagged]) -> tuple[tuple[Tagged, ...], ...]:
    """The sentences of a file, one a line, their words parted by white space; `pair` makes a word and tag of each."""
    return tuple(tuple(map(pair, tokens)) for line in text.split("\n") if (tokens := line.split()))


def tagged(token: str) -> Tagged:
    """A token's word and tag: 1/2/cd is the word 1/2, tagged CD. Raises ValueError for a token without a tag."""
    word, slash, tag = token.rpartition("/")
    if not slash:
        raise ValueError(f"the token '{token}' has no tag")
    return word, tag.upper()


def count(documents: tuple[Document, ...]) -> dict[str, dict[str, int]]:
    """Documents, sentences and words of every category, the largest first."""
    found = Counter(document.category for document in documents)
    return {
        category: {
            "documents": number,
            "sentences": sum(len(d.sentences) for d in documents if d.category == category),
            "words": sum(len(s) for d in documents if d.category == category for s in d.sentences),
        }
        for category, number in found.most_common()
    }
