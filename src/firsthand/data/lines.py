"""A user's own examples: a text file with one a line, or a column of a CSV file."""

import csv
import io
from difflib import get_close_matches
from pathlib import Path

from firsthand.errors import UserError, unknown

_CSV = {".csv", ".tsv"}
_OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def read_lines(path: str | Path, column: str | None = None) -> list[str]:
    """The examples of a UTF-8 text file, one a line, or of one `column` of a CSV file; empty ones are dropped.

    White space around an example is dropped too. Raises `UserError` for a path, encoding or column that does not work,
    and for fewer than two examples.
    """
    path = Path(path).expanduser()
    text = _read(path)
    if path.suffix.lower() in _CSV:
        examples = _column(path, text, column)
    elif column is not None:
        raise UserError(f"{path} is read as text, an example a line: the column '{column}' is for .csv files only.")
    else:
        examples = text.split("\n")
    examples = [stripped for example in examples if (stripped := example.strip())]
    if len(examples) < 2:
        found = "only one example" if examples else "no examples, it is empty"
        raise UserError(f"{path} has {found}: give a file with many, one a line.")
    return examples


def _read(path: Path) -> str:
    """The text of the file, with every line end as a line feed."""
    if path.is_dir():
        raise UserError(f"{path} is a folder: give the path of a text or CSV file in it.")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise missing(path) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    encoding = _OTHER_ENCODINGS.get(data[:2])
    if encoding is None and b"\0" in data[: 1 << 16]:
        raise UserError(f"{path} is a binary file, not text: give a UTF-8 text file with one example a line.")
    try:
        if encoding:
            raise UnicodeDecodeError("utf-8", data, 0, 1, "")
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        encoding = encoding or "LATIN1"
        raise UserError(
            f"{path} is not UTF-8 text: its byte {error.start} is 0x{data[error.start]:02x}. "
            f"If it is {encoding}, convert it: iconv -f {encoding} -t UTF-8 '{path}' > new.txt"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def missing(path: Path) -> UserError:
    """The error for a path that does not exist, naming the nearest file of that folder."""
    try:
        there = sorted(entry.name for entry in path.parent.iterdir())
    except OSError:
        return UserError(f"There is no file {path}, and no folder {path.parent} that can be read.")
    near = get_close_matches(path.name, there, n=1)
    return UserError(f"There is no file {path}" + (f": did you mean {path.parent / near[0]}?" if near else "."))


def _column(path: Path, text: str, column: str | None) -> list[str]:
    """The cells of one column, which may be left unnamed if there is only one."""
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)  # spreadsheets of many countries write semicolons
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise UserError(f"{path} is not a CSV file: {error}, after line {reader.line_num}.") from error
    columns = list(reader.fieldnames or [])
    if column is None and len(columns) > 1:
        raise UserError(f"{path} has the columns {', '.join(columns)}: choose one with the option 'column'.")
    if column is not None and column not in columns:
        raise unknown("column", column, columns, f"in {path}")
    return [" ".join((row[column or columns[0]] or "").splitlines()) for row in rows]
