"""A text of any length as one long array of tokens; what does not fit in memory lies in a file that is mapped in."""

import hashlib
import json
import mmap
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from firsthand.data.lines import missing
from firsthand.data.tokens import Level, TokenVocabulary, split
from firsthand.errors import UserError

PIECE = 1 << 22  # characters read at a time
IN_MEMORY = 1 << 26  # bytes of a file up to which its tokens are kept in memory


@dataclass(frozen=True)
class How:
    """How a text becomes tokens."""

    level: Level = "character"
    letters: bool = False  # lower case, and everything that is no letter of A to Z becomes one space
    min_count: int = 1  # rarer tokens are unknown
    most: int | None = None  # tokens known at most, the most frequent
    vocabulary: str | None = None  # file of the tokens that are known, in place of those of the text


@dataclass
class Stream:
    """A text in three parts, in its own order, and its vocabulary."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    vocabulary: TokenVocabulary


def tokens_of(text: str | Path, how: How) -> tuple[np.ndarray, TokenVocabulary]:
    """The tokens of a text, or of a UTF-8 file of any size, and the vocabulary of all of it.

    A file above 64 MB is read twice, piece by piece; its tokens go to a file in the cache folder, which is mapped into
    memory, now and the next time. Raises UserError for a file that cannot be read as text.
    """
    if isinstance(text, Path) and text.is_file() and text.stat().st_size > IN_MEMORY:
        return _mapped(text, how)
    pieces = list(_cleaned(_pieces(text), how))
    vocabulary = _vocabulary(pieces, how)
    found = [vocabulary.encode(piece) for piece in pieces]
    return np.concatenate([np.zeros(0, vocabulary.dtype), *found]), vocabulary


def tokens_of_words(words: Iterable[str], how: How) -> tuple[np.ndarray, TokenVocabulary]:
    """The same of a text that comes as a list of words and marks."""
    words = list(words)
    if how.vocabulary is not None:
        vocabulary = TokenVocabulary.read(how.vocabulary, "spaced")
    else:
        vocabulary = TokenVocabulary.of(Counter(words), "spaced", how.min_count, how.most)
    return vocabulary.encode_tokens(words), vocabulary


def parts(tokens: np.ndarray, vocabulary: TokenVocabulary, train: int | float, val: int | float) -> Stream:
    """The text's first tokens to train on, the next for validation, the rest to test: shares of it, or numbers."""
    first, second = (round(size * len(tokens)) if size < 1 else int(size) for size in (train, val))
    if min(train, val) <= 0 or first + second > len(tokens):
        raise UserError(
            f"The text has {len(tokens):,} tokens, which cannot be split into train {train:g} and val {val:g}: "
            "give shares that sum to less than 1, or numbers of tokens."
        )
    return Stream(tokens[:first], tokens[first : first + second], tokens[first + second :], vocabulary)


def release(tokens: np.ndarray) -> None:
    """Let go of the pages of a mapped file that were read so far; what is needed again is mapped again."""
    mapped = getattr(tokens, "_mmap", None)
    if hasattr(mapped, "madvise"):  # not on Windows, which takes pages back by itself
        mapped.madvise(mmap.MADV_DONTNEED)


def _pieces(text: str | Path) -> Iterator[str]:
    """The text, a few million characters at a time."""
    if isinstance(text, str):
        yield text
        return
    if text.is_dir():
        raise UserError(f"{text} is a folder: give the path of a text file in it.")
    try:
        with open(text, encoding="utf-8-sig") as file:
            while piece := file.read(PIECE):
                if "\0" in piece:
                    raise UserError(f"{text} is a binary file, not text: give a UTF-8 text file.")
                yield piece
    except FileNotFoundError:
        raise missing(text) from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{text} is not UTF-8 text: it has the byte 0x{error.object[error.start]:02x}. "
            f"If it is LATIN1, convert it: iconv -f LATIN1 -t UTF-8 '{text}' > new.txt"
        ) from None
    except OSError as error:
        raise UserError(f"{text} cannot be read: {error.strerror}.") from None


def _cleaned(pieces: Iterable[str], how: How) -> Iterator[str]:
    """The pieces, cleaned up if asked for; none of them ends within a word."""
    rest, spaced = "", False
    for piece in pieces:
        if how.letters:
            piece = re.sub("[^A-Za-z]+", " ", piece).lower()
            piece = piece[1:] if spaced and piece[:1] == " " else piece  # one run of other signs, cut in two
            spaced = piece[-1:] == " " if piece else spaced
        if how.level != "character":
            piece = rest + piece
            cut = max(piece.rfind(" "), piece.rfind("\n")) + 1
            piece, rest = piece[:cut], piece[cut:]
        yield piece
    yield rest


def _vocabulary(pieces: Iterable[str], how: How) -> TokenVocabulary:
    """The tokens that are known: those of a file, or of these pieces of text."""
    if how.vocabulary is not None:
        return TokenVocabulary.read(how.vocabulary, how.level)
    counts: Counter[str] = Counter()
    for piece in pieces:
        if how.level == "character":
            seen = np.bincount(np.frombuffer(piece.encode("utf-32-le"), dtype=np.uint32))
            counts.update({chr(point): int(seen[point]) for point in seen.nonzero()[0]})
        else:
            counts.update(split(piece, how.level))
    return TokenVocabulary.of(counts, how.level, how.min_count, how.most)


def _mapped(path: Path, how: How) -> tuple[np.ndarray, TokenVocabulary]:
    """The tokens of a large file, mapped from the cache folder, where they are put first if they are not there."""
    import pooch

    path, facts = path.resolve(), path.stat()
    about = {"file": str(path), "bytes": facts.st_size, "changed": facts.st_mtime_ns, **vars(how)}
    if how.vocabulary is not None:
        about["vocabulary"] = TokenVocabulary.read(how.vocabulary, how.level).to_json()
    key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    binary = Path(pooch.os_cache("firsthand")) / "tokens" / f"{key}.bin"
    card = binary.with_suffix(".json")
    if not (card.exists() and binary.exists()):
        _write(path, how, binary, card, about)
    saved = json.loads(card.read_text(encoding="utf-8"))
    vocabulary = TokenVocabulary.from_json(saved["vocabulary"])
    return np.memmap(binary, dtype=vocabulary.dtype, mode="r", shape=(saved["count"],)), vocabulary


def _write(path: Path, how: How, binary: Path, card: Path, about: dict[str, Any]) -> None:
    """Write a file's tokens, and last, as the sign that they are all there, the card that tells of them."""
    partial, count = binary.with_suffix(f".{os.getpid()}.partial"), 0
    try:
        binary.parent.mkdir(parents=True, exist_ok=True)
        with _shown(f"Counting the tokens of {path.name}", about["bytes"]) as seen:
            vocabulary = _vocabulary(seen(_cleaned(_pieces(path), how)), how)
        with _shown(f"Writing them to {binary}", about["bytes"]) as seen, open(partial, "wb") as file:
            for piece in seen(_cleaned(_pieces(path), how)):
                found = vocabulary.encode(piece)
                count += len(found)
                file.write(found.tobytes())
        os.replace(partial, binary)
        partial.write_text(json.dumps(about | {"count": count, "vocabulary": vocabulary.to_json()}), encoding="utf-8")
        os.replace(partial, card)
    except OSError as error:
        raise UserError(f"The tokens of {path} cannot be kept in {binary.parent}: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _shown(what: str, total: int) -> Iterator[Any]:
    """A progress bar; yields a function that passes pieces of text on and counts them."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(what, total=total)

        def seen(pieces: Iterable[str]) -> Iterator[str]:
            for piece in pieces:
                yield piece
                progress.advance(bar, len(piece))

        yield seen
