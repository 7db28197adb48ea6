"""Values of declared types, from files and from callers: what does not have its type is refused before it is used."""

import json
import math
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, BinaryIO, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from firsthand.errors import UserError, unknown

MOST = 1 << 28  # bytes of a JSON file
START_AGAIN = "delete the run folder and train again"


class Mismatch(ValueError):
    """A value that does not have its declared type; `where` it lies in the whole, as a dotted name."""

    def __init__(self, value: Any, hint: Any, where: str = ""):
        self.value, self.hint, self.where = value, hint, where

    def __str__(self) -> str:
        if self.value is MISSING:
            return f"{self.where} is missing"
        if self.hint is None:
            return f"{self.where} is not known here"
        words = [word for word in _members(self.hint) if isinstance(word, str)]
        if words and isinstance(self.value, str):
            return str(unknown(f"value of {self.where}", self.value, words))
        shown = repr(self.value)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return f"{self.where or 'it'} takes {_in_words(self.hint)}, not {shown}"


def fitted(value: Any, hint: Any, where: str = "") -> Any:
    """The value, if it has this type, with lists as tuples and whole numbers as floats where those are declared.

    A bool is no number, a number that is not finite none either; a dictionary may hold more than a TypedDict declares.
    Raises Mismatch.
    """
    return _reader(hint)(value, where)


@cache
def _reader(hint: Any) -> Callable[[Any, str], Any]:
    """What `fitted` does for this type."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value, where: value
    if origin in (Union, UnionType):
        return _union(hint)
    if is_typeddict(hint):
        return _record(hint, hint.__required_keys__)
    if is_dataclass(hint):
        needed = {f.name for f in fields(hint) if f.default is f.default_factory is MISSING}
        return _record(hint, needed, lambda found: hint(**found))
    if origin in (list, tuple):
        return _sequence(hint)
    if origin is dict:
        of_key, of_value = map(_reader, inner)

        def mapping(value: Any, where: str) -> dict:
            if not isinstance(value, Mapping):
                raise Mismatch(value, hint, where)
            inside = where + "." if where else ""
            return {of_key(key, where): of_value(found, f"{inside}{key}") for key, found in value.items()}

        return mapping

    def plain(value: Any, where: str) -> Any:
        found = _plain(value, hint)
        if found is MISSING:
            raise Mismatch(value, hint, where)
        return found

    return plain


def _plain(value: Any, hint: Any) -> Any:
    """A value without parts, as its type; MISSING if it does not have it."""
    if get_origin(hint) is Literal:
        return value if any(value == word and type(value) is type(word) for word in get_args(hint)) else MISSING
    if hint in (None, NoneType):
        return None if value is None else MISSING
    if hint is bool:
        return value if isinstance(value, bool) else MISSING
    if hint is int:  # PyTorch's seeds are the largest that are of use
        whole = isinstance(value, Integral) and not isinstance(value, bool) and -(2**63) <= value < 2**64
        return int(value) if whole else MISSING
    if hint is float:
        return float(value) if isinstance(value, Real) and not isinstance(value, bool) and _finite(value) else MISSING
    if hint in (str, Path) and isinstance(value, str | os.PathLike):
        text = os.fspath(value)
        return hint(text) if isinstance(text, str) and _sayable(text) else MISSING
    return value if isinstance(hint, type) and isinstance(value, hint) else MISSING


def _finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond the largest float
        return False


def _sayable(text: str) -> bool:
    """Whether it can be the name of a file, which half a surrogate pair cannot, but bytes that are no UTF-8 can."""
    try:
        return "\0" not in text and (text.isascii() or bool(text.encode("utf-8", "surrogateescape")))
    except UnicodeEncodeError:
        return False


def _union(hint: Any) -> Callable[[Any, str], Any]:
    kinds = [NoneType if kind is None else kind for kind in get_args(hint)]
    exact = {kind: _reader(kind) for kind in kinds if isinstance(kind, type)}  # 1 stays whole in int | float
    readers = [_reader(kind) for kind in kinds]

    def union(value: Any, where: str) -> Any:
        deepest: Mismatch | None = None
        first = exact.get(type(value))
        for read in readers if first is None else [first, *readers]:
            try:
                return read(value, where)
            except Mismatch as mismatch:
                deepest = mismatch if len(mismatch.where) > len(where) else deepest
        raise deepest or Mismatch(value, hint, where)

    return union


def _record(hint: Any, needed: Iterable[str], make: Callable | None = None) -> Callable[[Any, str], Any]:
    """A dictionary with declared keys; of a dataclass, no others."""
    readers = {name: _reader(kind) for name, kind in get_type_hints(hint, include_extras=False).items()}

    def record(value: Any, where: str) -> Any:
        if make and isinstance(value, hint):
            return value
        if not isinstance(value, Mapping):
            raise Mismatch(value, hint, where)
        inside = where + "." if where else ""
        for name in needed:
            if name not in value:
                raise Mismatch(MISSING, hint, f"{inside}{name}")
        for name in set(value) - set(readers) if make else ():
            raise Mismatch(value[name], None, f"{inside}{name}")
        read = {name: readers[name](value[name], f"{inside}{name}") for name in readers if name in value}
        return make(read) if make else {**value, **read}

    return record


def _sequence(hint: Any) -> Callable[[Any, str], Any]:
    make, inner = get_origin(hint), get_args(hint)
    length = None if make is list or inner[-1] is ... else len(inner)
    readers = [_reader(kind) for kind in inner if kind is not ...]

    def sequence(value: Any, where: str) -> Any:
        if not isinstance(value, list | tuple) or length not in (None, len(value)):
            raise Mismatch(value, hint, where)
        each = readers if length else readers * len(value)
        return make(read(part, f"{where}[{i}]") for i, (read, part) in enumerate(zip(each, value, strict=True)))

    return sequence


def _members(hint: Any) -> list[Any]:
    """The words that a type allows, where it is made of such."""
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else ()
    return [word for kind in kinds for word in _members(kind)]


def _in_words(hint: Any) -> str:
    """A type as people say it."""
    names = {int: "a whole number", float: "a number", bool: "True or False", str: "text", Path: "a path"}
    origin, inner = get_origin(hint), get_args(hint)
    if hint in (*names, NoneType):
        return names.get(hint, "None")
    if origin in (Union, UnionType):
        kinds = [kind for kind in inner if not (kind is int and float in inner)]
        return " or ".join(_in_words(kind) for kind in kinds)
    if origin is Literal:
        return "one of " + ", ".join(map(repr, inner))
    if origin in (list, tuple):
        many = {int: "whole numbers", float: "numbers", str: "texts"}.get(inner[0], "values")
        return f"{len(inner)} {many}" if origin is tuple and inner[-1] is not ... else f"a list of {many}"
    if origin is dict or is_typeddict(hint) or is_dataclass(hint):
        return "named values"
    return getattr(hint, "__name__", str(hint))


def open_plain(path: Path, most: int | None = None) -> BinaryIO:
    """Open a plain file to read: a pipe, at which one could wait for ever, or a device is none.

    Raises FileNotFoundError, and UserError for everything else that stands in the way.
    """
    try:
        facts = os.stat(path)
        if not stat.S_ISREG(facts.st_mode):
            kind = "a folder" if stat.S_ISDIR(facts.st_mode) else "no plain file"
            raise UserError(f"{path} is {kind}: it cannot be read.")
        if most is not None and facts.st_size > most:
            raise UserError(f"{path} is too large to be one of ours: it has {facts.st_size:,} bytes.")
        return open(path, "rb")
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise cannot_read(path, error) from None


def cannot_read(path: Path, error: OSError) -> UserError:
    """The error for a file that the system will not read."""
    return UserError(f"{path} cannot be read: {error.strerror or error}.")


def read_bytes(path: Path, most: int | None = None) -> bytes:
    """The content of a plain file; raises as `open_plain` does."""
    with open_plain(path, most) as file:
        try:
            return file.read()
        except OSError as error:
            raise cannot_read(path, error) from None
        except MemoryError:
            raise UserError(f"{path} cannot be read: it is larger than this machine's memory.") from None


def _number(word: str) -> float:
    """A number of JSON that is not whole; 1e999 and NaN are none."""
    if not math.isfinite(value := float(word)):
        raise ValueError(f"{word} is no number")
    return value


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_number)


def parse_json(text: bytes, shape: Any = Any) -> Any:
    """JSON text as a value of this type; ValueError, in a few words, for anything else."""
    try:
        return fitted(_DECODER.decode(text.decode()), shape)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(path: Path, shape: Any = Any, way_out: str = START_AGAIN) -> Any:
    """Read a JSON file that holds a value of this type; raises UserError naming the file and the way out."""
    try:
        return parse_json(read_bytes(path, MOST), shape)
    except FileNotFoundError:
        raise UserError(f"{path.parent} is not a run folder: it has no {path.name}.") from None
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"{path} is damaged ({str(error).rstrip('.')}); {way_out}.") from None
