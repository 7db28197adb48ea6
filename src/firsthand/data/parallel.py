"""A user's own pairs of sentences: two columns of a table, or two files, line by line."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from firsthand.data.table import read_column
from firsthand.data.userfile import check, located, packing, pieces
from firsthand.errors import UserError

_TABLES = {".csv", ".tsv", ".zip"}


def read_pairs(
    path: str | Path,
    other: str | Path | None = None,
    columns: tuple[str | None, str | None] = (None, None),
    header: bool = True,
    skip_empty: bool = False,
) -> list[tuple[str, str]]:
    """The pairs of a table, of two columns by their names or numbers, or those of two files, a sentence a line.

    A table is a .csv or .tsv file, packed or not, or a zip archive with one text file of tab-separated columns, as
    Tatoeba's are published. Without columns the first two are taken. Pairs with two empty sides are left out.
    Raises UserError for files of unequal lengths, and for a pair with one empty side unless `skip_empty`.
    """
    path = located(path)
    if other is not None:
        if columns != (None, None) or not header:
            raise UserError("Two files have no columns: leave out --data.source, --data.target and --data.no-header.")
        found = _two_files(path, located(other))
        where = f"line {{}} of {path} and {other}"
    else:
        found = _two_columns(path, columns, header)
        where = f"pair {{}} of {path}"
    empty = [number for number, (one, two) in enumerate(found, 1) if bool(one) != bool(two)]
    if empty and not skip_empty:
        number = empty[0]
        side = "source" if not found[number - 1][0] else "target"
        more = f", as have {len(empty) - 1:,} more" if empty[1:] else ""
        raise UserError(
            f"{where.format(f'{number:,}')} has an empty {side}{more}: complete it, or leave such pairs out with "
            "--data.skip-empty."
        )
    return [(one, two) for one, two in found if one and two]


def _two_files(path: Path, other: Path) -> list[tuple[str, str]]:
    sides = []
    for one in (path, other):
        lines = "".join(pieces(one)).split("\n")
        sides.append([line.strip() for line in (lines[:-1] if lines[-1] == "" else lines)])
    ours, theirs = map(len, sides)
    if ours != theirs:
        short, long = (path, other) if ours < theirs else (other, path)
        raise UserError(
            f"{path} has {ours:,} lines and {other} {theirs:,}: line by line they must be translations. The first "
            f"line without its other side is line {min(ours, theirs) + 1:,} of {long}; {short} ends before it."
        )
    return list(zip(*sides, strict=True))


def _two_columns(path: Path, columns: tuple[str | None, str | None], header: bool) -> list[tuple[str, str]]:
    suffix = Path(path.stem if path.exists() and path.is_file() and packing(path) else path.name).suffix.lower()
    check(path)
    if suffix not in _TABLES:
        raise UserError(
            f"{path} is no table of pairs, which is a .csv, a .tsv or a .zip: of two text files, line by line, give "
            "the sources with --data FILE and the targets with --data.other FILE."
        )
    if suffix == ".zip":
        rows = _archived(path)
        places = [1 if column is None and place == 0 else 2 if column is None else column for place, column in
                  enumerate(columns)]  # fmt: skip
        return [_of_row(path, number, row, places) for number, row in enumerate(rows, 1)]
    text = "".join(pieces(path))
    chosen = [str(place) if column is None else column for place, column in enumerate(columns, 1)]
    sides = [[cell.strip() for cell in read_column(path, text, column, header)] for column in chosen]
    return list(zip(*sides, strict=True))


def _of_row(path: Path, number: int, row: Sequence[str], places: Sequence[int | str]) -> tuple[str, str]:
    try:
        one, two = (row[int(place) - 1].strip() for place in places)
    except (IndexError, ValueError):
        raise UserError(
            f"{path}: line {number:,} has {len(row)} columns, without names: choose two by their numbers with "
            "--data.source and --data.target."
        ) from None
    return one, two


def _archived(path: Path) -> list[list[str]]:
    """The tab-separated lines of the one text file in an archive beside what is called _about.txt."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if n.endswith((".txt", ".tsv")) and not Path(n).name.startswith("_")]
            if len(names) != 1:
                raise UserError(f"{path} holds {len(names)} text files, not one: unpack it, and give the path of one.")
            with archive.open(names[0]) as file:
                text = io.TextIOWrapper(file, encoding="utf-8-sig").read()
    # RuntimeError: encrypted; NotImplementedError: a compression that Python lacks.
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise UserError(f"{path} cannot be unpacked ({error}): it is damaged or no zip archive.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(f"{path}: line {line:,} of {names[0]} is not UTF-8 text.") from None
    return [line.split("\t") for line in text.split("\n") if line.strip()]
