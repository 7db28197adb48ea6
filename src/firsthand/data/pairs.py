"""Pairs of sentences that mean the same: which ones a recipe trains on, their parts, and their vocabularies."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

from firsthand.bounds import COUNT, within
from firsthand.data.files import fetch
from firsthand.data.parallel import read_pairs
from firsthand.data.registry import DATASETS
from firsthand.data.sentences import Level, Saved, SentenceVocabulary
from firsthand.data.userfile import absolute, named, remark, unpacked
from firsthand.errors import UserError, unknown
from firsthand.typed import read_json

Pair = tuple[str, str]  # a sentence, and its translation
_FEWEST = 6  # pairs that an 80/10/10 split needs to leave no part empty
_SLOW = 5000  # pairs from which on learning a vocabulary takes a while


@dataclass
class PairSets:
    """Pairs in three parts, and the vocabularies of both sides, one and the same where they share it."""

    train: list[Pair]
    val: list[Pair]
    test: list[Pair]
    source: SentenceVocabulary
    target: SentenceVocabulary


class _Both(TypedDict):
    """What the vocabulary.json of a run that learned to translate holds; no source where both sides share one."""

    source: Saved | None
    target: Saved


@dataclass(frozen=True)
class Pairs:
    """Pairs of sentences: a data set, a user's table of two columns, or two files, a sentence a line."""

    name: str = "multi30k"  # data set, or the path of a table (.csv, .tsv, .zip), or of the file of the sources
    other: str | None = None  # path of the file of the targets, line by line, where `name` is that of the sources
    source: str | None = None  # language, or a table's column by its name or number; None: the first there is
    target: str | None = None  # the same of what it is translated into; None: the next
    header: bool = True  # whether a table begins with the names of its columns
    skip_empty: bool = False  # whether a user's pairs with an empty side are left out, rather than refused
    level: Level = "bpe"  # what a token is: pieces of words (bpe, wordpiece), a word or a character
    size: int | None = 8000  # tokens of a vocabulary at most, the most frequent
    joint: bool = True  # whether both sides share one vocabulary
    min_count: int = 1  # how often a word or character is seen at least, or two pieces together, to be a token
    lower: bool = False  # whether everything is in lower case
    limit: int | None = None  # pairs trained on, the first ones; None: all
    longest: int = 100  # tokens of a sentence; longer ones are not trained on
    count: int | None = None  # embedded pairs made; None: 5,000
    vocabulary: str | None = None  # vocabulary.json of a run whose tokens are known; None: those of what is trained on

    def __post_init__(self) -> None:
        within(self, "data.", size="[8, 1e7]", min_count=COUNT, limit=COUNT, longest=COUNT, count="[1, 1e7]")

    @property
    def languages(self) -> Pair:
        """What is translated into what, as far as the data says."""
        first, second = DATASETS[self.name].languages[:2] if self.name in DATASETS else ("source", "target")
        source = self.source or (first if self.target != first else second)
        return source, self.target or (second if source != second else first)

    def load(self) -> PairSets:
        """The pairs, split, and their vocabularies; raises UserError for data or options that do not work."""
        train, val, test = self.parts()
        train = train[: self.limit]
        if self.vocabulary is not None:
            return PairSets(train, val, test, *read_vocabularies(self.vocabulary))
        if len(train) > _SLOW and self.level in ("bpe", "wordpiece"):
            remark(f"Learning which pieces of words '{self.name}' is made of ...")
        options = {"level": self.level, "size": self.size, "lower": self.lower, "min_count": self.min_count}
        if self.joint:
            both = SentenceVocabulary.of([side for pair in train for side in pair], **options)
            return PairSets(train, val, test, both, both)
        sides = (SentenceVocabulary.of(sentences, **options) for sentences in zip(*train, strict=True))
        return PairSets(train, val, test, *sides)

    def parts(self) -> tuple[list[Pair], list[Pair], list[Pair]]:
        """The pairs to train on, for validation and to test."""
        known = DATASETS.get(self.name)
        if known is None:
            self._refuse("count")
            path = named(self.name, "data set or file", DATASETS, "`firsthand data` lists the data sets")
            columns = (self.source, self.target)
            return split_pairs(read_pairs(path, self.other, columns, self.header, self.skip_empty), self.name)
        self._refuse("other", "header", "skip_empty", *(() if known.embedded else ("count",)))
        if known.kind != "pairs":
            names = ", ".join(other.name for other in DATASETS.values() if other.kind == "pairs")
            raise UserError(f"'{self.name}' holds {known.kind}, not pairs: choose {names}, or a file's path.")
        if self.languages[0] == self.languages[1]:
            raise UserError(f"The source and the target of '{self.name}' are both '{self.languages[0]}'.")
        if known.embedded:
            from firsthand.data.spelled import spelled_dates, spelled_numbers

            make = spelled_numbers if self.name == "numbers" else spelled_dates
            return split_pairs(make(*self.languages, *(() if self.count is None else (self.count,))), self.name)
        for language in self.languages:
            if language not in known.languages:
                raise unknown(f"language of '{self.name}'", language, known.languages)
        return _multi30k(self.languages) if self.name == "multi30k" else self._tatoeba()

    def _tatoeba(self) -> tuple[list[Pair], list[Pair], list[Pair]]:
        from firsthand.data.registry import dataset, sources

        places = {"en": "1", "fr": "2"}
        columns = tuple(places[language] for language in self.languages)
        return split_pairs(read_pairs(fetch(sources(dataset(self.name))[0]), None, columns), self.name)

    def located(self) -> "Pairs":
        """The same data, a user's files by their absolute paths, so that a run can be continued from any folder."""
        if self.name in DATASETS:
            return self
        return replace(self, name=absolute(self.name), other=None if self.other is None else absolute(self.other))

    def _refuse(self, *options: str) -> None:
        for option in options:
            if getattr(self, option) != getattr(Pairs, option):
                raise UserError(f"The option '{option}' does not apply to the data '{self.name}': leave it out.")


def _multi30k(languages: Pair) -> tuple[list[Pair], list[Pair], list[Pair]]:
    """Its own three parts, the test set being that of 2016."""
    files = {Path(file.path).name.removesuffix(".gz"): file for file in DATASETS["multi30k"].files}

    def lines(part: str, language: str) -> list[str]:
        with unpacked(fetch(files[f"{part}.{language}"])) as content:
            return [line.strip() for line in content.read().decode("utf-8").split("\n")[:-1]]

    parts = ([lines(part, language) for language in languages] for part in ("train", "val", "test_2016_flickr"))
    train, val, test = ([*zip(*sides, strict=True)] for sides in parts)
    return train, val, test


def split_pairs(pairs: Sequence[Pair], name: str, seed: int = 42) -> tuple[list[Pair], list[Pair], list[Pair]]:
    """80 % of the distinct sources with all their translations to train on, 10 % for validation and 10 % to test.

    A sentence that has several translations is in one part only, or the parts would share what they are asked. Equal
    pairs count once. Raises UserError for too few of them.
    """
    sources = list(dict.fromkeys(source for source, _ in pairs))
    if len(sources) < _FEWEST:
        raise UserError(f"'{name}' has {len(sources)} different sources: at least {_FEWEST} are needed to split them.")
    random.Random(seed).shuffle(sources)
    ends = int(0.8 * len(sources)), int(0.9 * len(sources))
    place = {source: (number >= ends[0]) + (number >= ends[1]) for number, source in enumerate(sources)}
    order = {source: number for number, source in enumerate(sources)}
    parts: tuple[list[Pair], ...] = ([], [], [])
    for source, target in sorted(dict.fromkeys(pairs), key=lambda pair: order[pair[0]]):
        parts[place[source]].append((source, target))
    return parts[0], parts[1], parts[2]


def to_json(source: SentenceVocabulary, target: SentenceVocabulary) -> dict[str, object]:
    """Both vocabularies as an object that `json` can write, for `read_vocabularies`."""
    return {"source": None if source is target else source.to_json(), "target": target.to_json()}


def read_vocabularies(path: str | Path) -> tuple[SentenceVocabulary, SentenceVocabulary]:
    """A run's vocabulary.json; raises UserError for any other file."""
    saved = read_json(Path(path), _Both, "it should be the vocabulary.json of a run that learned to translate")
    try:
        target = SentenceVocabulary.from_json(saved["target"])
        return target if saved["source"] is None else SentenceVocabulary.from_json(saved["source"]), target
    except ValueError as error:
        raise UserError(f"{path} is damaged: {error}.") from None
