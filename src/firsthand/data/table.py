"""One column of a CSV or TSV file, as spreadsheets of many countries write them."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from textwrap import shorten

from firsthand.data.userfile import remark
from firsthand.errors import UserError, unknown

_DELIMITERS = ",;\t"
_NONE = "\0"  # the delimiter of a table of one column: no text holds it
_LOOKED_AT = 100  # rows that show how a file is written

Rows = list[list[str]]


def read_column(path: Path, text: str, column: str | None = None, header: bool = True) -> list[str]:
    """The cells of a column, by its name or its number from 1; it may be left out if there is only one.

    What stands between cells is found out, or said by a first line sep=; as Excel reads it; lines above the header
    that are no rows are left out. What was taken for the header is remarked on unless `column` is a name in it.
    Raises UserError for a text that is no such table, and for a column that is not there or not said.
    """
    said = re.match(r'\s*"?sep=([^\n"])"?[,;\t]*\n', text, re.IGNORECASE)
    body = re.sub(r"\A(?:[^\S\n]*\n)+", "", text[said.end() :] if said else text)
    above = text[: len(text) - len(body)].count("\n")  # lines
    with _cells_of_any_length():
        named = column if header and not (column or "").isdecimal() else None
        delimiter, first = _layout(body, named, said[1] if said else None)
        try:
            rows, quoted = _rows(body, delimiter)
        except _Broken as error:
            raise UserError(
                f"{path} is not a CSV file: after line {above + error.line} a cell begins with a quote but does not "
                'end with one. A quote in a cell is written "", and the cell in quotes; a list can be a .txt file.'
            ) from None
    width = max(map(len, rows), default=1)
    names = [cell.strip() for cell in rows[first]] + [""] * (width - len(rows[first])) if header and rows else []
    index = _index(path, column, names, width)
    if names and column != names[index]:
        told = f"{path}: '{shorten(names[index], 60)}' is taken as the name of the column"
        told += f", and what stands above it is left out ({shorten(' '.join(rows[0]), 60)})" if first else ""
        remark(f"{told}; if the file has no line of names, add --data.no-header.")
    if not quoted:
        remark(f"{path}: quotes are taken as they stand, since some cells only begin with one.")
    cells = (row[index] if index < len(row) else "" for row in rows[first + 1 if header else 0 :])
    return [cell.replace("\n", " ") for cell in cells]


def _index(path: Path, column: str | None, names: list[str], width: int) -> int:
    """The place of the chosen column."""
    if column is None and width > 1:
        there = f"the columns {shorten(', '.join(names), 300)}" if names else f"{width} columns"
        raise UserError(f"{path} has {there}: choose one with --data.column, by its name or number.")
    if column is None:
        return 0
    if names.count(column) > 1:
        raise UserError(f"{path} has {names.count(column)} columns '{column}': choose one by its number, 1 to {width}.")
    if column in names:
        return names.index(column)
    if re.fullmatch("[0-9]{1,9}", column) and 1 <= int(column) <= width:
        return int(column) - 1
    raise unknown("column", column, names or map(str, range(1, width + 1)), f"in {path}")


def _layout(text: str, column: str | None, said: str | None) -> tuple[str, int]:
    """What stands between cells, and which row is the header.

    The row that holds the named column, if it is one of the first with several cells; else the first row, if it has
    several; else one below at most three lines of a title, if all rows below it have as many cells; else there is one
    column.
    """
    found: dict[str, Rows] = {}
    for delimiter in _DELIMITERS if said is None else said:
        try:
            rows, _ = _rows(text, delimiter, _LOOKED_AT)
        except _Broken:  # this is not what stands between cells
            continue
        if max(map(len, rows), default=0) > 1:
            found[delimiter] = rows
    # In each, the first row that has several cells: what stands above it may be titles.
    heads = {delimiter: next((place for place, row in enumerate(rows) if _filled(row) > 1), 0)
             for delimiter, rows in found.items()}  # fmt: skip
    for delimiter, rows in found.items():
        head, below = rows[heads[delimiter]], rows[heads[delimiter] + 1 :][:1]
        for row in (head, *(row for row in below if _filled(row) > _filled(head))):
            if column in map(str.strip, row):
                return delimiter, rows.index(row)
    widest = max(found, key=lambda delimiter: _filled(found[delimiter][0]), default=_NONE)
    if widest in found and _filled(found[widest][0]) > 1:
        return widest, 0
    for delimiter, rows in found.items():
        below = rows[heads[delimiter] :]
        if heads[delimiter] <= 3 <= len(below) and len({len(row) for row in below}) == 1:
            return delimiter, heads[delimiter]
    return said or _NONE, 0


def _filled(row: list[str]) -> int:
    """How many cells a row has, up to the last that is filled: spreadsheets fill up the line of a title."""
    return max((place for place, cell in enumerate(row, start=1) if cell.strip()), default=0)


class _Broken(Exception):
    """The text is no table with this delimiter; the last line that was right."""

    def __init__(self, line: int):
        super().__init__(line)
        self.line = line


def _rows(text: str, delimiter: str, most: int | None = None) -> tuple[Rows, bool]:
    """The rows, at most so many, and whether quotes enclose cells; between tabs they may be plain characters."""
    try:
        return _parsed(text, delimiter, csv.QUOTE_MINIMAL, most), True
    except _Broken:
        if delimiter != "\t":
            raise
        return _parsed(text, delimiter, csv.QUOTE_NONE, most), False


def _parsed(text: str, delimiter: str, quoting: int, most: int | None) -> Rows:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting, strict=True)
    rows, line = [], 0
    try:
        for row in islice(reader, most):
            rows += [row] if any(row) else []
            line = reader.line_num
    except csv.Error:
        raise _Broken(line) from None
    return rows


@contextmanager
def _cells_of_any_length() -> Iterator[None]:
    """Lift the csv module's limit of 131,072 characters a cell."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)
