"""Documents, sentence by sentence, as pieces of words: what a network is pre-trained on."""

import random
import re
from dataclasses import dataclass, replace
from typing import Literal

from firsthand.bounds import COUNT, SEED, SHARE, within
from firsthand.data.registry import DATASETS
from firsthand.data.specs import Text
from firsthand.data.userfile import absolute, pieces, remark
from firsthand.data.wordpiece import WordPiece
from firsthand.errors import UserError

Document = list[list[int]]  # sentences, each of a token or more
_FEWEST = 20  # documents, so that a 90/5/5 split leaves no part with a single one
_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+|\n\s*\n")  # of a sentence: a mark and a space, or an empty line


@dataclass
class DocumentSets:
    """Documents in three parts, and their vocabulary."""

    train: list[Document]
    val: list[Document]
    test: list[Document]
    vocabulary: WordPiece


@dataclass(frozen=True)
class Documents:
    """Running text to pre-train on, and how examples are made of it."""

    name: str = "brown"  # data set of text, or the path of a text file
    size: int = 5000  # tokens of the vocabulary at most
    lower: bool = True  # whether everything is in lower case and without accents
    vocabulary: str | None = None  # vocabulary.json of a run, or vocab.txt, that is known; None: learned from the text
    length: int = 64  # tokens of an example, the special ones included
    pairs: bool = True  # whether an example is two spans, of which it is asked if one follows the other; else it is one
    negatives: Literal["another document", "same document"] = "another document"  # where a wrong second span is from
    short: float = 0.1  # share of examples that aim at a random, shorter length
    sentences: int = 100  # of a text that is not cut into documents, how many in a row count as one
    split_seed: int = 42  # of the shuffle of documents before the split into 90 % train, 5 % val, 5 % test

    def __post_init__(self) -> None:
        within(
            self, "data.", size="[50, 1e7]", length="[8, 1e6]", short=SHARE, sentences=COUNT, split_seed=SEED
        )  # fmt: skip

    def load(self) -> DocumentSets:
        """The documents as tokens, split; raises UserError for a text or options that do not work."""
        documents = self.read()
        if self.vocabulary is not None:
            known = WordPiece.read(self.vocabulary, self.lower)
        else:
            remark(f"Learning which pieces of words '{self.name}' is made of ...")
            known = WordPiece.of((sentence for document in documents for sentence in document), self.size, self.lower)
        rows = iter(known.encode([sentence for document in documents for sentence in document]))
        tokens = [[row for row in [next(rows) for _ in document] if row] for document in documents]
        tokens = [document for document in tokens if document]
        random.Random(self.split_seed).shuffle(tokens)
        held = max(len(tokens) // 20, 2)
        return DocumentSets(tokens[2 * held :], tokens[:held], tokens[held : 2 * held], known)

    def read(self) -> list[list[str]]:
        """The documents, sentence by sentence."""
        if self.name == "brown":
            from firsthand.data.brown import load_brown

            return [[" ".join(sentence) for sentence in document.words()] for document in load_brown()]
        where = Text(self.name).read()
        text = where if isinstance(where, str) else "".join(pieces(where))
        found = [line for part in _END.split(text) if (line := " ".join(part.split()))]
        count = min(self.sentences, len(found) // _FEWEST)
        if not count:
            raise UserError(
                f"'{self.name}' has {len(found)} sentences, and at least {_FEWEST} are needed: give a longer text."
            )
        return [found[start : start + count] for start in range(0, len(found), count)]

    def located(self) -> "Documents":
        """The same data, a user's file by its absolute path, so that a run can be continued from any folder."""
        return self if self.name in DATASETS else replace(self, name=absolute(self.name))
