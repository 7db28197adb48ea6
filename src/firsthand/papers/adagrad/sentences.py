"""Sentences as sparse examples: which words and pairs of words are in it, and is it made up or meant to inform?"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from firsthand.bounds import COUNT, PART, SEED, within
from firsthand.data.brown import labelled
from firsthand.data.registry import DATASETS, dataset
from firsthand.errors import UserError
from firsthand.train.task import Batch, Examples


class Bags(Examples):
    """Examples that are sets of features: `places` of one after the other, where each begins, and labels 1 or -1."""

    def __init__(
        self,
        places: Int[Tensor, " total"],
        begins: Int[Tensor, " bounds"],
        labels: Int[Tensor, " all"],
        rows: Int[Tensor, " examples"],
    ):
        self.places, self.begins, self.labels = places, begins, labels  # of all parts of the data
        self.rows = rows  # the examples of this part

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, indices: Int[Tensor, " batch"]) -> Batch:
        """Their features side by side, filled up with -1 to the longest, and their labels."""
        rows = self.rows[indices]
        first, last = self.begins[rows, None], self.begins[rows + 1, None]
        place = first + torch.arange(int((last - first).max()))
        inside = place < last
        return torch.where(inside, self.places[place.where(inside, 0)], -1), self.labels[rows]

    def features(self, example: int) -> Int[Tensor, " features"]:
        """Those of one example."""
        row = self.rows[example]
        return self.places[self.begins[row] : self.begins[row + 1]]

    def counts(self, features: int) -> Int[Tensor, " features"]:
        """In how many of these examples each feature is."""
        return torch.bincount(torch.cat([self.features(n) for n in range(len(self))]), minlength=features)


@dataclass
class Parts:
    """The examples in three parts, and the features by name."""

    train: Bags
    val: Bags | None
    test: Bags
    features: list[str]


@dataclass(frozen=True)
class Sentences:
    """Sentences of the Brown corpus, labelled 1 if they are from imaginative prose and -1 if not."""

    name: str = "brown"  # data set
    shortest: int = 5  # words and marks that a sentence must have
    test: float = 0.25  # share of the sentences to test on
    validation: float = 0.05  # share of the sentences to validate on
    split_seed: int = 42  # of the shuffle before the split

    def __post_init__(self) -> None:
        within(self, "data.", shortest=COUNT, test="(0, 1)", validation=PART, split_seed=SEED)
        if not self.validation < 1 - self.test:
            raise UserError(
                f"data.test and data.validation are shares that leave some to train on, "
                f"got {self.test} and {self.validation}."
            )

    def load(self) -> Parts:
        """The sentences as sets of features; raises UserError for another data set, or where it cannot be had."""
        if dataset(self.name).kind != "tagged text":
            names = ", ".join(other.name for other in DATASETS.values() if other.kind == "tagged text")
            raise UserError(f"'{self.name}' holds no documents with a genre: choose {names}.")
        sentences = list(labelled(self.shortest))
        if not sentences:
            raise UserError(f"No sentence has {self.shortest} words: choose a smaller data.shortest.")
        places, begins, features = indexed(words for words, _ in sentences)
        labels = torch.tensor([1 if imaginative else -1 for _, imaginative in sentences])
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(self.split_seed))
        tested, held = int(self.test * len(labels)), int(self.validation * len(labels))
        test, val, train = order.split((tested, held, len(labels) - tested - held))
        parts = [Bags(places, begins, labels, rows) for rows in (train, val, test)]
        return Parts(parts[0], parts[1] if held else None, parts[2], features)


def indexed(sentences: Iterable[list[str]]) -> tuple[Int[Tensor, " total"], Int[Tensor, " bounds"], list[str]]:
    """The features of all sentences one after the other, where each sentence begins (and the last ends), and names.

    A feature is a word or a pair of neighbours, in small letters; that it is there twice does not count.
    """
    known: dict[str, int] = {}
    flat, ends = [], [0]
    for words in sentences:
        flat += sorted({known.setdefault(name, len(known)) for name in named(words)})
        ends.append(len(flat))
    return torch.from_numpy(np.array(flat, dtype=np.int64)), torch.tensor(ends), list(known)


def named(words: list[str]) -> list[str]:
    """The features of one sentence: "the", "jury", "the jury". No word has a space in it."""
    small = [word.lower() for word in words]
    return small + [f"{first} {second}" for first, second in pairwise(small)]
