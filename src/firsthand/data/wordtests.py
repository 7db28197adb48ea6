"""Tests of word vectors: pairs of words that people have judged, and analogies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from firsthand.data.files import fetch
from firsthand.data.userfile import pieces
from firsthand.data.wordvectors import WordVectors
from firsthand.errors import UserError

MOST = 30_000  # words among which the answer to an analogy is looked for, the most frequent: word2vec.c's choice
AT_ONCE = 256  # questions answered by one product of matrices


@dataclass(frozen=True)
class Analogies:
    """Questions of one kind: b is to a as the word to be found is to c."""

    name: str
    questions: tuple[tuple[str, str, str, str], ...]  # a, b, c and the answer

    @property
    def syntactic(self) -> bool:
        """Whether they are about forms of words; the names of such kinds begin so in Google's file."""
        return self.name.startswith("gram")


@dataclass(frozen=True)
class Score:
    """How well vectors did in one test."""

    name: str
    value: float  # Spearman's rank correlation, or the share of right answers; NaN where nothing could be asked
    asked: int  # pairs or questions whose words have vectors
    of: int  # pairs or questions of the test
    right: int = 0  # answers


def read_pairs(path: Path) -> list[tuple[str, str, float]]:
    """Two words and a number a line, with tabs or spaces between; raises UserError, naming the line, for others."""
    found = []
    for number, row in enumerate("".join(pieces(path)).splitlines(), 1):
        fields = row.split()
        try:
            if fields:
                first, second, score = fields
                found.append((first, second, float(score)))
        except ValueError:
            raise UserError(f"Line {number} of {path} is not two words and a number.") from None
    if len(found) < 2 or not np.isfinite([score for *_, score in found]).all():
        raise UserError(f"{path} is no test of word similarity: it needs two pairs or more, with finite scores.")
    return found


def read_analogies(path: Path) -> list[Analogies]:
    """Four words a line, under ": NAME" of each kind, as Google's questions-words.txt has them."""
    kinds: list[tuple[str, list]] = []
    for number, row in enumerate("".join(pieces(path)).splitlines(), 1):
        if row.startswith(":"):
            kinds.append((row[1:].strip(), []))
        elif row.strip():
            fields = tuple(row.split())
            if len(fields) != 4 or not kinds:
                raise UserError(f"Line {number} of {path} is not four words under a line ': NAME'.")
            kinds[-1][1].append(fields)
    if not any(rows for _, rows in kinds):
        raise UserError(f"{path} has no questions.")
    return [Analogies(name, tuple(rows)) for name, rows in kinds]


def similarity(vectors: WordVectors, pairs: Sequence[tuple[str, str, float]], name: str = "") -> Score:
    """Spearman's rank correlation of cosines with what people said; pairs with a word that has no vector do not count.

    Words are looked up in lower case.
    """
    from scipy.stats import spearmanr  # takes half a second to import

    lower = lowered(vectors)
    found = [(lower.get(a.lower(), -1), lower.get(b.lower(), -1), score) for a, b, score in pairs]
    found = [row for row in found if min(row[:2]) >= 0]
    if len(found) < 2:
        return Score(name, float("nan"), len(found), len(pairs))
    first, second, judged = zip(*found, strict=True)
    cosines = (vectors.directions[list(first)] * vectors.directions[list(second)]).sum(1)
    return Score(name, float(spearmanr(cosines, judged).statistic), len(found), len(pairs))


def analogies(vectors: WordVectors, kinds: Sequence[Analogies], most: int | None = MOST) -> Iterator[Score]:
    """How many questions of each kind are answered: the nearest word to b - a + c, those three left out, is d.

    Among the `most` frequent words, in lower case; a question with a word that is not one of them is not asked.
    Source: Mikolov et al. (2013a), section 4.1; word2vec's compute-accuracy.c.
    """
    vectors = vectors if most is None else vectors.most_frequent(most)
    lower = lowered(vectors)
    kept = np.array(sorted(lower.values()))  # of words that differ in their letters' case only, the most frequent
    place = {row: number for number, row in enumerate(kept.tolist())}
    directions = vectors.directions[kept]
    for one in kinds:
        rows = np.array([[place.get(lower.get(w.lower(), -1), -1) for w in words] for words in one.questions])
        rows = rows.reshape(-1, 4)
        rows = rows[(rows >= 0).all(1)]
        right = sum(answered(directions, part) for part in np.split(rows, range(AT_ONCE, len(rows), AT_ONCE)))
        value = right / len(rows) if len(rows) else float("nan")
        yield Score(one.name, value, len(rows), len(one.questions), right)


def answered(directions: Float[np.ndarray, "words embed"], questions: Int[np.ndarray, "questions 4"]) -> int:
    """How many of these questions have the right answer."""
    if not len(questions):
        return 0
    a, b, c, d = questions.T
    cosines = (directions[b] - directions[a] + directions[c]) @ directions.T
    for given in (a, b, c):
        cosines[np.arange(len(cosines)), given] = -np.inf
    return int((cosines.argmax(1) == d).sum())


def lowered(vectors: WordVectors) -> dict[str, int]:
    """The row of every word in lower case; of several the first, which is the most frequent."""
    return {word.lower(): row for row, word in reversed(list(enumerate(vectors.words)))}


def together(scores: Sequence[Score], name: str) -> Score:
    """Several kinds of analogies as one."""
    right, asked, of = (sum(getattr(score, part) for score in scores) for part in ("right", "asked", "of"))
    return Score(name, right / asked if asked else float("nan"), asked, of, right)


def published() -> tuple[list[Analogies], dict[str, list[tuple[str, str, float]]]]:
    """Google's analogies and the thirteen tests of similarity that Faruqui and Dyer (2014) collected."""
    from firsthand.data.registry import dataset

    kinds = read_analogies(fetch(dataset("analogies").files[0]))
    tests = {file.path: fetch(file) for file in dataset("word-similarity").files}
    return kinds, {Path(name).stem.removeprefix("EN-"): read_pairs(path) for name, path in tests.items()}
