"""Vectors of words: the nearest words, and the files of word2vec (text and binary) and GloVe, read and written."""

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from firsthand.data.userfile import check, kind, packing, remark, unpacked
from firsthand.errors import UserError, unknown

Format = Literal["word2vec-text", "word2vec-binary", "glove"]
WIDEST = 100_000  # numbers of a vector
LONGEST = 10_000  # bytes of a word
BLOCK = 1 << 20


@dataclass(frozen=True)
class WordVectors:
    """Words and their vectors, the most frequent word first, as the files have them."""

    words: tuple[str, ...]
    matrix: Float[np.ndarray, "words embed"]

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of every word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def directions(self) -> Float[np.ndarray, "words embed"]:
        """The vectors with length 1; one of zeros stays as it is."""
        lengths = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        return self.matrix / np.maximum(lengths, 1e-12)

    def row(self, word: str) -> int:
        """The row of a word, as it is written or in lower case; raises UserError, naming the nearest, for others."""
        for written in (word, word.lower()):
            if written in self.index:
                return self.index[written]
        raise unknown("word", word, self.words[:50_000])

    def nearest(self, plus: Sequence[str], minus: Sequence[str] = (), count: int = 10) -> list[tuple[str, float]]:
        """The words whose vectors have the largest cosine with the sum of some directions less that of others.

        The words given are left out. With plus b, c and minus a: what is to c as b is to a.
        """
        rows = [self.row(word) for word in (*plus, *minus)]
        signs = np.array([1.0] * len(plus) + [-1.0] * len(minus), self.matrix.dtype)
        wanted = signs @ self.directions[rows]
        cosines = self.directions @ (wanted / max(float(np.linalg.norm(wanted)), 1e-12))
        cosines[rows] = -math.inf
        count = min(count, len(self) - len(set(rows)))
        best = np.argpartition(-cosines, max(count - 1, 0))[:count]
        best = best[np.argsort(-cosines[best], kind="stable")]
        return [(self.words[i], float(cosines[i])) for i in best]

    def most_frequent(self, count: int) -> "WordVectors":
        """The first words only."""
        return WordVectors(self.words[:count], self.matrix[:count])


def read(path: str | Path, most: int | None = None) -> WordVectors:
    """The vectors of a file of word2vec, text or binary, or of GloVe, packed by gzip, bzip2, xz or not.

    `most` are read at most, the first ones. A word that comes twice counts once, and a remark says so. Raises UserError
    for a file that is none of these, that is cut short, or that holds what is no number.
    """
    path = Path(path)
    check(path, "a file of word vectors")
    found = kind(path)
    if found is not None and packing(path) is None:
        raise UserError(f"{path} is {found[0]}, not a file of word vectors in the format of word2vec or GloVe.")
    try:
        with unpacked(path) as raw, io.BufferedReader(raw, BLOCK) as file:  # type: ignore[arg-type]
            first = line(file, path, 1)
            header = first.split()
            if len(header) == 2 and all(part.isdigit() for part in header):
                rows = with_header(file, path, int(header[0]), int(header[1]), most)
            else:
                rows = of_text(file, path, first, None, None, most)
            return collected(rows, path)
    except (EOFError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path} cannot be read to its end: {reason}.") from None


def collected(rows: Iterable[tuple[str, Float[np.ndarray, " embed"]]], path: Path) -> WordVectors:
    """All rows, without those of words that were there before."""
    words: dict[str, None] = {}
    vectors, twice = [], 0
    for word, vector in rows:
        if word in words:
            twice += 1
            continue
        words[word] = None
        vectors.append(vector)
    if not words:
        raise UserError(f"{path} holds no word vectors.")
    if twice:
        remark(f"{path} has {twice:,} words more than once: the first vector of each counts.")
    return WordVectors(tuple(words), np.stack(vectors))


def line(file: io.BufferedReader, path: Path, number: int, width: int = WIDEST) -> bytes:
    """The next line, without its end; raises UserError for one that is longer than a vector can be."""
    found = file.readline(LONGEST + 32 * width)
    if len(found) == LONGEST + 32 * width:
        raise UserError(f"Line {number:,} of {path} is too long for a word and its vector.")
    return found.rstrip(b"\r\n")


def with_header(
    file: io.BufferedReader, path: Path, count: int, width: int, most: int | None
) -> Iterator[tuple[str, Float[np.ndarray, " embed"]]]:
    """The rows of word2vec's two formats, of which the binary one says by its first row that it is no text."""
    if not 1 <= width <= WIDEST or count < 1:
        raise UserError(
            f"{path} begins as a word2vec file does, with {count} words of {width} numbers each, which it cannot have."
        )
    row = file.peek(LONGEST + 32 * width).partition(b"\n")[0].split()
    try:
        is_text = len(row) > width and all(float(part) is not None for part in row[-width:])
    except ValueError:
        is_text = False
    if is_text:
        yield from of_text(file, path, None, count, width, most)
    else:
        yield from of_binary(file, path, count, width, most)


def of_text(
    file: io.BufferedReader, path: Path, first: bytes | None, count: int | None, width: int | None, most: int | None
) -> Iterator[tuple[str, Float[np.ndarray, " embed"]]]:
    """Rows of text: a word, which may hold spaces, and its numbers, whose count the first row or a header says."""
    number, seen, header = (1, 0, count is not None)
    current = line(file, path, 2) if first is None else first
    number += header
    while current or (count is not None and seen < count):
        if not current:
            raise UserError(f"{path} is cut short: of {count:,} words it has {seen:,}.")
        fields = current.strip(b" \t").split(b" ") if b"\t" not in current else current.split()
        if width is None:
            width = len(fields) - 1
            if width < 2:
                raise UserError(f"{path} is no file of word vectors: its first line is not a word and its numbers.")
        try:
            if len(fields) <= width:
                raise ValueError
            with np.errstate(over="ignore"):  # what overflows is not finite, and told
                vector = np.array(fields[-width:], dtype=np.float32)
            word = b" ".join(fields[:-width]).decode("utf-8")
        except UnicodeDecodeError:
            raise UserError(f"The word in line {number:,} of {path} is not UTF-8 text.") from None
        except ValueError:
            raise UserError(f"Line {number:,} of {path} is not a word and {width} numbers.") from None
        if not np.isfinite(vector).all():
            raise UserError(f"Line {number:,} of {path} holds what is no finite number.")
        seen += 1
        yield word, vector
        if most is not None and seen >= most:
            return
        number += 1
        current = line(file, path, number, width)
        if count is not None and seen == count and current:
            raise UserError(f"{path} has more than the {count:,} words that its first line says.")


def of_binary(
    file: io.BufferedReader, path: Path, count: int, width: int, most: int | None
) -> Iterator[tuple[str, Float[np.ndarray, " embed"]]]:
    """Rows of word2vec.c's binary format: the word, a space, its numbers as little-endian float32, and a line feed."""
    for number in range(count):
        name = bytearray()
        while (byte := file.read(1)) != b" ":
            if not byte:
                raise UserError(f"{path} is cut short: of {count:,} words it has {number:,}.")
            if byte != b"\n" or name:  # the end of the row before
                name += byte
            if len(name) > LONGEST:
                raise UserError(f"{path} is neither text nor word2vec's binary format: a word of it does not end.")
        content = file.read(4 * width)
        if len(content) < 4 * width:
            raise UserError(f"{path} is cut short: of {count:,} words it has {number:,}.")
        vector = np.frombuffer(content, "<f4").astype(np.float32)
        try:
            word = name.decode("utf-8")
        except UnicodeDecodeError:
            raise UserError(f"Word {number + 1:,} of {path} is not UTF-8 text: it is no word2vec file.") from None
        if not np.isfinite(vector).all():
            raise UserError(f"The vector of word {number + 1:,} of {path} holds what is no finite number.")
        yield word, vector
        if most is not None and number + 1 >= most:
            return
    if file.read(2).strip(b"\n"):
        raise UserError(f"{path} has more than the {count:,} words that its first line says.")


def write(vectors: WordVectors, path: str | Path, form: Format = "word2vec-text") -> None:
    """Write the vectors into a new file; numbers of the text formats have nine digits, from which they read back.

    Raises UserError for a file that is there already, and for words that the format cannot hold.
    """
    path = Path(path)
    for word in vectors.words:
        if not word or word != word.strip() or any(mark in word for mark in ("\n", " ", "\t", "\r")):
            raise UserError(f"The word {word!r} holds white space, which the format '{form}' cannot.")
    try:
        with open(path, "xb") as file:
            file.writelines(rows_of(vectors, form))
    except FileExistsError:
        raise UserError(f"{path} is there already: give another name.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from None


def rows_of(vectors: WordVectors, form: Format) -> Iterator[bytes]:
    """The lines of a file."""
    if form != "glove":
        yield f"{len(vectors)} {vectors.matrix.shape[1]}\n".encode()
    for word, vector in zip(vectors.words, vectors.matrix, strict=True):
        if form == "word2vec-binary":
            yield word.encode() + b" " + vector.astype("<f4").tobytes() + b"\n"
        else:
            yield f"{word} {' '.join(f'{value:.9g}' for value in vector.tolist())}\n".encode()


def rows_with(vectors: WordVectors, words: Sequence[str]) -> Int[np.ndarray, " words"]:
    """The rows of words, in lower case too; -1 for those that are not there."""
    lower = {word.lower(): row for row, word in reversed(list(enumerate(vectors.words)))}
    return np.array([vectors.index.get(word, lower.get(word.lower(), -1)) for word in words])
