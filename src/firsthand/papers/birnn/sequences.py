"""The sequences: a weighted average of past and future, as the paper made it up, and the tagged words of Brown."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from firsthand.bounds import COUNT, SEED, within
from firsthand.data.brown import load_brown
from firsthand.errors import UserError
from firsthand.papers.birnn.model import PAD
from firsthand.train.task import Batch, Examples

PAST = (1 - torch.arange(10, 0, -1) / 10) / 10  # weights of the 10 numbers before t in the average
FUTURE = (1 - torch.arange(20) / 20) / 20  # and of the 20 from t on
MEAN = 0.4875  # of the average
Loaded = tuple[list[Examples], tuple[str, ...], tuple[str, ...]]
UNKNOWN = 1  # the index of every word that training sentences do not have twice
NOTHING = -1  # the target on padding
HELD = 1500  # sentences of Brown for validation, and as many to test


@dataclass(frozen=True)
class Sequences:
    """Which sequences, and how many."""

    name: Literal["average", "classes", "brown"] = "average"  # a number, whether it is above 0.5, or a word's tag
    points: int | None = None  # average, classes: steps to train on, and as many for validation and test; None: 10,000
    piece: int | None = None  # average, classes: steps of a sequence, cut from one long one; None: 500
    sentences: int | None = None  # brown: sentences to train on; None: all but 3,000
    data_seed: int = 0  # decides the numbers, or which sentences are whose

    def __post_init__(self) -> None:
        within(self, "data.", points=COUNT, piece=COUNT, sentences=COUNT, data_seed=SEED)
        for name in ("points", "piece") if self.name == "brown" else ("sentences",):
            if getattr(self, name) is not None:
                raise UserError(f"The option '{name}' does not apply to the data '{self.name}': leave it out.")
        points, piece = self.points or 10_000, self.piece or 500
        if self.name != "brown" and points % piece:
            raise UserError(f"{points} points do not make pieces of {piece}: take others.")

    def load(self) -> Loaded:
        """Examples to train on, for validation and to test; the names of the outputs, and of words from index 2 on.

        Raises UserError where the file of the Brown corpus is not to be had.
        """
        generator = Generator().manual_seed(self.data_seed)
        if self.name == "brown":
            return sentences(self.sentences, generator)
        parts = []
        for _ in range(3):
            x, y = stream(self.points or 10_000, generator)
            targets = (y if self.name == "average" else (y > 0.5).long()).view(-1, self.piece or 500)
            parts.append(Examples(x.view(*targets.shape, 1), targets))
        return parts, ("average",) if self.name == "average" else ("0.5 or less", "above 0.5"), ()


def stream(points: int, generator: Generator) -> tuple[Float[Tensor, " points"], Float[Tensor, " points"]]:
    """x(t) uniform from 0 to 1, and y(t), an average of the 10 numbers before t and the 20 from t on, nearer ones more.

    y(t) = 1/10 sum_d=1^10 x(t-d) (1 - d/10) + 1/20 sum_d=0^19 x(t+d) (1 - d/20): its mean is 0.4875, its variance
    0.00387, of which 0.00237 come from the past and 0.00150 from now and the future. Beyond both ends there is more x.
    Source: section III.A.
    """
    x = torch.rand(len(PAST) + points + len(FUTURE) - 1, generator=generator)
    y = x.unfold(0, len(PAST) + len(FUTURE), 1) @ torch.cat([PAST, FUTURE])
    return x[len(PAST) : len(PAST) + points].clone(), y


def variance(weights: Float[Tensor, " numbers"]) -> float:
    """Of such a weighted sum of uniform numbers: the least squared error of who does not know them."""
    return weights.square().sum().item() / 12


class Sentences(Examples):
    """Padded sentences and their tags; a batch is as wide as its longest."""

    def __init__(self, rows: list[tuple[list[int], list[int]]]):
        width = max(len(words) for words, _ in rows)
        inputs = torch.tensor([words + [PAD] * (width - len(words)) for words, _ in rows])
        super().__init__(inputs, torch.tensor([tags + [NOTHING] * (width - len(tags)) for _, tags in rows]))
        self.lengths = (inputs != PAD).sum(1)

    def batch(self, indices: Tensor) -> Batch:
        """The sentences with these numbers."""
        width = int(self.lengths[indices].max())
        return self.inputs[indices, :width], self.targets[indices, :width]


def sentences(count: int | None, generator: Generator) -> Loaded:
    """Sentences of the Brown corpus, drawn at random, words as printed, with coarse tags: the first two letters.

    Words that the training sentences have twice or more are known. Tags are numbered over the whole corpus.
    Raises UserError for more sentences than there are.
    """
    every = [sentence for document in load_brown() for sentence in document.sentences]
    most = len(every) - 2 * HELD
    if (count or 1) > most:
        raise UserError(f"The Brown corpus has {most:,} sentences to train on, got data.sentences={count}.")
    chosen = [every[i] for i in torch.randperm(len(every), generator=generator).tolist()]
    parts = chosen[2 * HELD :][:count], chosen[:HELD], chosen[HELD : 2 * HELD]
    seen = Counter(word for sentence in parts[0] for word, _ in sentence)
    words = tuple(sorted(word for word, times in seen.items() if times > 1))
    tags = tuple(sorted({tag[:2] for sentence in every for _, tag in sentence}))
    number = {word: i for i, word in enumerate(words, UNKNOWN + 1)}
    code = {tag: i for i, tag in enumerate(tags)}
    rows = [[([number.get(w, UNKNOWN) for w, _ in s], [code[t[:2]] for _, t in s]) for s in part] for part in parts]
    return list(map(Sentences, rows)), tags, words
