"""A user's own file: where it lies, what it is, and its text piece by piece; or, in one sentence, what is wrong."""

import bz2
import codecs
import gzip
import io
import lzma
import os
import re
import shlex
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from firsthand import process
from firsthand.errors import UserError, unknown

PIECE = 1 << 22  # characters read at a time
_SAMPLE = 1 << 16  # bytes that a guess at an encoding looks at


class _Packing(NamedTuple):
    magic: bytes  # pattern of the first bytes
    open: Callable[[Path], io.BufferedIOBase]
    command: str  # that writes the content


_PACKINGS = (
    _Packing(rb"\x1f\x8b", gzip.open, "gzip -dc"),
    _Packing(rb"BZh[1-9]1AY&SY", bz2.open, "bzip2 -dc"),
    _Packing(rb"\xfd7zXZ\0", lzma.open, "xz -dc"),
)
_UNPACKING_FAILED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)

_AS_TEXT, _AS_CSV = "save it as plain text (UTF-8)", "save it as CSV (UTF-8)"
_KINDS = (  # pattern of the first bytes, what such a file is, the way out
    (rb"%PDF-", "a PDF document", "copy its text out, for example with pdftotext"),
    (rb"%!PS", "a PostScript document", "copy its text out, for example with ps2ascii"),
    (rb"\{\\rtf", "a Rich Text document", _AS_TEXT),
    (rb"\xd0\xcf\x11\xe0", "an old Word or Excel file", f"{_AS_TEXT}, or a table as CSV"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|II\*\0|MM\0\*|....ftyp(?:hei|avi|mif)", "a picture", ""),
    (rb"RIFF....WAVE|OggS|fLaC|ID3[\2-\4]", "a sound", ""),
    (rb"SQLite format 3\0", "a SQLite database", "export the table as CSV"),
    (rb"PAR1|ARROW1|\x89HDF", "a table in a binary format", "write it as CSV"),
    (rb"\x28\xb5\x2f\xfd|7z\xbc\xaf|Rar!", "an archive", "unpack it first"),
)
_IN_ZIP = (  # a file within a zip archive, and what has such a file
    ("word/", "a Word document", _AS_TEXT),
    ("xl/", "an Excel workbook", _AS_CSV),
    ("content.xml", "an OpenDocument file", f"{_AS_TEXT}, or a table as CSV"),
    ("META-INF/container.xml", "an EPUB book", _AS_TEXT),
    ("", "a zip archive", "unpack it first"),
)
_MARKS = (  # byte order marks, the longest first
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_EAST = ("SHIFT_JIS", "EUC-JP", "GB18030", "BIG5", "EUC-KR", "CP1251", "KOI8-R")
_PLAIN = ("{\\rtf", "%PDF-", "%!PS")  # the first characters of documents that can be UTF-8
_said: set[str] = set()


def located(name: str | Path) -> Path:
    """The path of a name, `~` being the home folder; raises UserError for the home of a user that does not exist."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise UserError(f"{name} starts with the home folder of a user that this machine does not know.") from None


def exists(name: str | Path) -> bool:
    """Whether there is such a file or folder; False for what can be no path, too."""
    return os.path.exists(located(name))  # unlike Path.exists it bears names that are too long


def absolute(name: str) -> str:
    """The absolute path of the user's file, so that a run can be continued from any folder; else the name as it is."""
    return str(located(name).resolve()) if exists(name) else name


def named(name: str, kind: str, known: object, hint: str = "") -> Path:
    """The path of the user's own file; a word that cannot be one is a mistyped one of the `known`.

    Raises UserError for such a word and for an address.
    """
    if re.match(r"\w+://", name):
        raise UserError(f"'{name}' is an address, not a file: download it first, then give the path of the file.")
    path = located(name)
    if not exists(path) and path.name == name and not path.suffix:
        raise unknown(kind, name, known, hint)
    return path


def missing(path: Path) -> UserError:
    """The error for a path that does not exist, naming the nearest file of that folder."""
    if path.is_symlink():
        return UserError(f"{path} is a link to {os.readlink(path)}, which does not exist.")
    try:
        there = sorted(entry.name for entry in path.parent.iterdir())
    except (OSError, ValueError):
        return UserError(f"There is no file {path}, and no folder {path.parent} that can be read.")
    near = get_close_matches(path.name, there, n=1)
    return UserError(f"There is no file {path}" + (f": did you mean {path.parent / near[0]}?" if near else "."))


def check(path: Path, what: str = "a text or CSV file") -> None:
    """Raise UserError unless this is a file that can be opened; `what` says what is wanted."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            return open(path, "rb").close()
    except (FileNotFoundError, NotADirectoryError):
        raise missing(path) from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if stat.S_ISDIR(mode):
        raise UserError(f"{path} is a folder: give the path of {what} in it.")
    raise UserError(f"{path} is no file that can be read again: write what it gives into {what} first.")


def packing(path: Path) -> _Packing | None:
    """How the file is packed, by its first bytes; None if it is not."""
    with open(path, "rb") as file:
        head = file.read(16)
    return next((packing for packing in _PACKINGS if re.match(packing.magic, head)), None)


def unpacked(path: Path) -> io.BufferedIOBase:
    """The file's content as bytes, unpacked if it is gzip, bzip2 or xz."""
    how = packing(path)
    return open(path, "rb") if how is None else how.open(path)


def pieces(path: Path, size: int = PIECE, remarks: bool = True) -> Iterator[str]:
    """A UTF-8 text file, packed or not, `size` characters at a time, every line end a line feed.

    Characters U+FFFD, which a failed conversion left, are counted in a remark on stderr, unless `remarks` is False.
    Raises UserError for a path that does not work, and for what is no text in UTF-8, with what it seems to be and the
    way out.
    """
    check(path)
    lost, start = 0, True
    with _readable(path):
        try:
            with unpacked(path) as content, io.TextIOWrapper(content, encoding="utf-8-sig") as text:
                while piece := text.read(size):
                    if "\0" in piece or (start and piece.startswith(_PLAIN)):
                        raise _not_text(path)
                    start = False
                    lost += piece.count("\N{REPLACEMENT CHARACTER}")
                    yield piece
        except UnicodeDecodeError:
            raise _not_text(path) from None
    if lost and remarks:
        remark(f"{path} has {lost:,} characters U+FFFD (\N{REPLACEMENT CHARACTER}): a conversion lost what was there.")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raise UserError where the file cannot be read or unpacked."""
    try:
        yield
    except _UNPACKING_FAILED as error:
        raise UserError(f"{path} cannot be unpacked ({error}): it is damaged or cut short.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def remark(sentence: str) -> None:
    """Tell the user something about the data, on stderr, once; of several processes only the first does."""
    if sentence not in _said and process.leads():
        print(sentence, file=sys.stderr)
    _said.add(sentence)


def kind(path: Path) -> tuple[str, str] | None:
    """What a file that is no text is, by its first bytes, and the way out if there is one; None if they do not tell."""
    with _readable(path), unpacked(path) as content:
        head = content.read(64)
    if head.startswith(b"PK"):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except Exception:  # a damaged archive can fail in any way
            names = []
        return next(row[1:] for row in _IN_ZIP if not row[0] or any(name.startswith(row[0]) for name in names))
    return next((row[1:] for row in _KINDS if re.match(row[0], head, re.DOTALL)), None)


def _not_text(path: Path) -> UserError:
    """The error for a file that is not UTF-8: what it is, or which byte shows it and what its encoding may be."""
    if known := kind(path):
        return UserError(f"{path} is {known[0]}, not text: {known[1] or 'give a UTF-8 text file'}.")
    at, byte, sample = _first_bad(path)
    names = _encodings(sample)
    if not names:
        return UserError(f"{path} is a binary file, not text: its byte {at:,} is 0x{byte:02x}. Give a UTF-8 text file.")
    how, quoted = packing(path), shlex.quote(str(path))
    convert = f"iconv {'-c ' if names == ['UTF-8'] else ''}-f {names[0]} -t UTF-8"
    convert = f"{convert} {quoted}" if how is None else f"{how.command} {quoted} | {convert}"
    convert += f" > new{Path(path.stem if how else path.name).suffix or '.txt'}"
    return UserError(
        f"{path} is not UTF-8 text: its byte {at:,} is 0x{byte:02x}. "
        + (f"The rest is, so it is damaged there; to leave such bytes out: {convert}" if names == ["UTF-8"] else
           f"If it is {' or '.join(names)}, convert it: {convert}")
    )  # fmt: skip


def _first_bad(path: Path) -> tuple[int, int, bytes]:
    """Where the first byte lies that no UTF-8 text has, which it is, and the bytes about it."""
    decoder, start, before = codecs.getincrementaldecoder("utf-8")(), 0, b""
    with unpacked(path) as content:
        while True:
            block = content.read(_SAMPLE)
            sample, places = before + block, []
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:  # whose object begins with a character that the block before began
                places.append(len(sample) - len(error.object) + error.start)
            if b"\0" in sample:
                places.append(sample.index(b"\0"))
            if places or not block:
                place = min(places, default=0)
                return start - len(before) + place, sample[place], sample
            start, before = start + len(block), block


def _encodings(sample: bytes) -> list[str]:
    """What the encoding of these bytes may be, the likeliest first; empty if they are no text."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return [name]
    if b"\0" in sample:
        at = [{0} >= set(sample[place::4]) for place in range(4)]  # a code point's highest byte of four is 0
        odd, even = b"\0" in sample[1::2], b"\0" in sample[::2]
        fits = {"UTF-32LE": at[3], "UTF-32BE": at[0], "UTF-16LE": odd and not even, "UTF-16BE": even and not odd}
        return [name for name, fit in fits.items() if fit and re.search("[ \n]", _decoded(sample, name))][:1]
    whole = sample.decode("utf-8", "replace")
    if sum(character > "\x7f" for character in whole) > 5 * whole.count("\N{REPLACEMENT CHARACTER}"):
        return ["UTF-8"]
    high = [byte for byte in sample if byte > 0x7F]
    if 3 * len(high) > len(sample):  # letters of another script than Latin
        return [name for name in _EAST if _decoded(sample, name)]
    return ["CP1252" if min(high, default=0xFF) < 0xA0 else "LATIN1"]


def _decoded(sample: bytes, name: str) -> str:
    """The bytes as text of this encoding; empty if they are none."""
    try:
        return codecs.getincrementaldecoder(name)().decode(sample, final=len(sample) < _SAMPLE)
    except UnicodeDecodeError:
        return ""
