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

from firsthand.data.files import alone
from firsthand.data.tokens import Level, TokenVocabulary, split
from firsthand.data.userfile import PIECE, check, packing, pieces
from firsthand.errors import UserError

IN_MEMORY = 1 << 26  # bytes of a file up to which its tokens are kept in memory; a packed one holds a few times more


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
    """A text or a sound in three parts, in its own order, and what its tokens stand for."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    vocabulary: Any


def tokens_of(text: str | Path, how: How) -> tuple[np.ndarray, TokenVocabulary]:
    """The tokens of a text, or of a UTF-8 file of any size, and the vocabulary of all of it.

    A file above 64 MB, or 16 MB if it is packed, is read twice, piece by piece; its tokens go to a file in the cache
    folder, which is mapped into memory, now and the next time. Raises UserError for a file that is no text, and for
    options that do not work.
    """
    if how.min_count < 1 or (how.most is not None and how.most < 1):
        raise UserError(f"min_count and most must be at least 1, got {how.min_count} and {how.most}.")
    if isinstance(text, Path):
        check(text)
        if text.stat().st_size > (IN_MEMORY if packing(text) is None else IN_MEMORY // 4):
            return _mapped(text, how)
    cleaned = list(_cleaned([text] if isinstance(text, str) else pieces(text, PIECE), how))
    vocabulary = _vocabulary(cleaned, how)
    found = [vocabulary.encode(piece) for piece in cleaned]
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
    works = all(0 < size < 2**63 for size in (train, val))
    first, second = (round(size * len(tokens)) if size < 1 else int(size) for size in (train, val)) if works else (0, 0)
    if not works or first + second > len(tokens):
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


def digest_of_mapped(tokens: np.ndarray) -> str | None:
    """The SHA-256 of all tokens of a mapped file, as its card tells; None for tokens in memory."""
    if getattr(tokens, "filename", None) is None:
        return None
    card = json.loads(Path(tokens.filename).with_suffix(".json").read_text(encoding="utf-8"))
    return card.get("sha256", f"{card['bytes']} {card['changed']}")  # a card of an earlier version does without


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
    if (found := _kept(binary)) is not None:
        return found
    try:
        with alone(binary.parent):
            if _kept(binary) is None:  # no other process has written them meanwhile
                _write(path, how, binary, about)
    except OSError as error:
        raise UserError(f"The tokens of {path} cannot be kept in {binary.parent}: {error.strerror or error}.") from None
    if (found := _kept(binary)) is None:
        raise UserError(f"The tokens of {path} were written to {binary.parent}, but cannot be read there.")
    return found


def _kept(binary: Path) -> tuple[np.ndarray, TokenVocabulary] | None:
    """The tokens that were written into this file before; None if it, or the card beside it, is not there or broken."""
    try:
        saved = json.loads(binary.with_suffix(".json").read_text(encoding="utf-8"))
        vocabulary = TokenVocabulary.from_json(saved["vocabulary"])
        return np.memmap(binary, dtype=vocabulary.dtype, mode="r", shape=(saved["count"],)), vocabulary
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(path: Path, how: How, binary: Path, about: dict[str, Any]) -> None:
    """Write a file's tokens, and last, as the sign that they are all there, the card that tells of them."""
    card, partial = binary.with_suffix(".json"), binary.with_suffix(".partial")
    count, digest = 0, hashlib.sha256()
    size = about["bytes"] if packing(path) is None else None  # of the text
    for left in binary.parent.glob("*.partial"):  # by a process that was killed
        left.unlink()
    try:
        with _shown(f"Counting the tokens of {path.name}", size) as seen:
            vocabulary = _vocabulary(seen(_cleaned(pieces(path, PIECE), how)), how)
        with _shown(f"Writing them to {binary}", size) as seen, open(partial, "wb") as file:
            for piece in seen(_cleaned(pieces(path, PIECE), how)):
                found = vocabulary.encode(piece)
                count += len(found)
                file.write(found.tobytes())
                digest.update(found)
        os.replace(partial, binary)
        facts = about | {"count": count, "sha256": digest.hexdigest(), "vocabulary": vocabulary.to_json()}
        partial.write_text(json.dumps(facts), encoding="utf-8")
        os.replace(partial, card)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _shown(what: str, total: int | None) -> Iterator[Any]:
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
