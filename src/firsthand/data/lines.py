"""A user's own examples: a text file with one a line, or a column of a CSV file."""

from pathlib import Path

from firsthand.data.table import read_column
from firsthand.data.userfile import located, packing, pieces
from firsthand.errors import UserError

_CSV = {".csv", ".tsv"}


def read_lines(path: str | Path, column: str | None = None, header: bool = True, remarks: bool = True) -> list[str]:
    """The examples of a UTF-8 text file, packed or not, one a line, or of one `column` of a CSV file.

    Empty ones are dropped, and so is white space around an example. `header` says whether a CSV file begins with the
    names of its columns, `remarks` whether U+FFFD is remarked on. Raises `UserError` for a path, encoding or column
    that does not work, and for fewer than two examples.
    """
    path = located(path)
    text = "".join(pieces(path, remarks=remarks))
    if Path(path.stem if packing(path) else path.name).suffix.lower() in _CSV:
        examples = read_column(path, text, column, header)
    elif column is not None or not header:
        option = "header" if column is None else "column"
        raise UserError(f"{path} is read as text, an example a line: the option '{option}' is for .csv and .tsv files.")
    else:
        examples = text.split("\n")
    examples = [stripped for example in examples if (stripped := example.strip())]
    if len(examples) < 2:
        found = "only one example" if examples else "no examples, it is empty"
        raise UserError(f"{path} has {found}: give a file with many, one a line.")
    return examples
