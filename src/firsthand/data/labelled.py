"""Sentences, or pairs of them, with a label each: tasks of GLUE, and a user's own table."""

import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from firsthand.bounds import COUNT, SEED, within
from firsthand.data.files import folder
from firsthand.data.table import read_column
from firsthand.data.userfile import absolute, check, located, named, pieces
from firsthand.errors import UserError

_FEWEST = 10  # rows that an 80/10/10 split needs


class Row(NamedTuple):
    """An example: a sentence, a second one if there is one, and what is to be said of it."""

    text: str
    other: str | None
    label: str


class Layout(NamedTuple):
    """How a task of GLUE is written: its files for training and validation, and the columns that count, from 0."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    text: int
    other: int | None
    label: int
    header: bool
    number: bool = False  # whether the label is one


GLUE = {
    "cola": Layout(
        ("CoLA/cola_public_1.1.zip:cola_public/raw/in_domain_train.tsv",),
        tuple(f"CoLA/cola_public_1.1.zip:cola_public/raw/{kind}_dev.tsv" for kind in ("in_domain", "out_of_domain")),
        3, None, 1, False,
    ),
    "rte": Layout(("RTE/train.tsv", "RTE/val.tsv"), ("RTE/dev.tsv",), 1, 2, 3, True),
    "sst-2": Layout(("SST-2/train.tsv.gz",), ("SST-2/dev.tsv",), 0, None, 1, True),
    "sts-b": Layout(("STS-B/sts-train.csv",), ("STS-B/sts-dev.csv",), 5, 6, 4, False, True),
}  # fmt: skip
_INSTEAD = {"RTE/val.tsv": "", "SST-2/train.tsv.gz": "SST-2/train.tsv"}  # what else may lie there; "": nothing


@dataclass
class LabelledSets:
    """Examples in three parts, of which GLUE has no labels of the last, and the classes; None where it is a number."""

    train: list[Row]
    val: list[Row]
    test: list[Row] | None
    classes: tuple[str, ...] | None


@dataclass(frozen=True)
class Labelled:
    """Sentences or pairs with a label each."""

    name: str = "cola"  # task of GLUE: cola, rte, sst-2, sts-b; or the path of a table (.csv, .tsv)
    text: str | None = None  # a user's table: the column of the sentence, by its name or number; None: the first
    other: str | None = None  # the column of a second sentence; None: there is none
    label: str | None = None  # the column of what is to be said; None: the one after the sentences
    number: bool = False  # whether that is a number, rather than a class
    header: bool = True  # whether a table begins with the names of its columns
    limit: int | None = None  # examples trained on, the first ones; None: all
    length: int = 128  # tokens of an example at most; what is longer is cut off
    size: int = 5000  # tokens of a vocabulary that is learned here
    lower: bool = True  # whether everything is in lower case and without accents
    vocabulary: str | None = None  # vocabulary.json of a run, or vocab.txt, that is known; None: learned from the text
    split_seed: int = 42  # a user's table: of the shuffle before the split into 80 % train, 10 % val, 10 % test

    def __post_init__(self) -> None:
        within(self, "data.", limit=COUNT, length="[8, 1e6]", size="[50, 1e7]", split_seed=SEED)

    @property
    def of_numbers(self) -> bool:
        """Whether a number is to be said, rather than a class."""
        return GLUE[self.name].number if self.name in GLUE else self.number

    def load(self) -> LabelledSets:
        """The examples, split, and their classes; raises UserError for a file that does not work."""
        if self.name in GLUE:
            train, val = (list(_glue(self.name, part)) for part in ("train", "val"))
            test = None
        else:
            train, val, test = self._own()
        train = train[: self.limit]
        labels = sorted({row.label for row in train})
        if self.of_numbers:
            for row in (*train, *val, *(test or ())):
                _number(row.label, self.name)
            return LabelledSets(train, val, test, None)
        if len(labels) < 2:
            raise UserError(f"'{self.name}' has one label only, '{''.join(labels)}': there is nothing to learn.")
        if len(labels) > max(len(train) // 2, 2):
            raise UserError(
                f"'{self.name}' has {len(labels):,} labels in {len(train):,} rows: choose another --data.label, or add "
                "--data.number if they are numbers."
            )
        for row in (*val, *(test or ())):
            if row.label not in labels:
                raise UserError(f"'{self.name}' has the label '{row.label}' in too few rows to train on it.")
        return LabelledSets(train, val, test, tuple(labels))

    def _own(self) -> tuple[list[Row], list[Row], list[Row]]:
        """The rows of a user's table, split."""
        path = located(named(self.name, "task or file", GLUE, "tasks of GLUE: " + ", ".join(GLUE)))
        check(path, "a table")
        content = "".join(pieces(path))
        text = self.text or "1"
        label = self.label or str((2 if self.other is None else 3) if self.text is None else 0)
        if label == "0":
            raise UserError(f"Which column of {path} is the label? Add --data.label NAME.")
        cells = [_column(path, content, column, self.header) for column in (text, label)]
        others = [None] * len(cells[0]) if self.other is None else _column(path, content, self.other, self.header)
        found = [Row(*row) for row in zip(cells[0], others, cells[1], strict=True)]
        for number, row in enumerate(found, 1):
            if "" in row:
                raise UserError(f"Row {number:,} of {path} has an empty cell: complete it, or leave the row out.")
        if len(found) < _FEWEST:
            raise UserError(f"{path} has {len(found)} rows: at least {_FEWEST} are needed to split them.")
        random.Random(self.split_seed).shuffle(found)
        first, second = int(0.8 * len(found)), int(0.9 * len(found))
        return found[:first], found[first:second], found[second:]

    def located(self) -> "Labelled":
        """The same data, a user's file by its absolute path, so that a run can be continued from any folder."""
        return self if self.name in GLUE else replace(self, name=absolute(self.name))


def _column(path: Path, content: str, column: str, header: bool) -> list[str]:
    return [" ".join(cell.split()) for cell in read_column(path, content, column, header)]


def _number(label: str, name: str) -> float:
    try:
        found = float(label)
    except ValueError:
        found = float("nan")
    if not abs(found) < 1e12:
        raise UserError(f"'{name}' has the label '{label}', which is no number: leave out --data.number.")
    return found


def _glue(name: str, part: str) -> Iterator[Row]:
    """The rows of a part of a task; raises UserError for a file that is not there or has another layout."""
    layout = GLUE[name]
    for file in getattr(layout, part):
        path, text = _read(file)
        if text is None:
            continue
        lines = text.removesuffix("\n").split("\n")[layout.header :]
        for number, line in enumerate(lines, 1 + layout.header):
            cells = [cell.strip() for cell in line.split("\t")]
            if len(cells) <= max(layout.text, layout.other or 0, layout.label):
                raise UserError(f"{path} is not as GLUE has it: line {number:,} has {len(cells)} columns.")
            yield Row(cells[layout.text], None if layout.other is None else cells[layout.other], cells[layout.label])


def _read(file: str) -> tuple[Path, str | None]:
    """A file's path and its text; None for one that another edition does without."""
    name, _, inside = file.partition(":")
    path = folder() / "glue" / name
    if not path.is_file() and name in _INSTEAD:
        if not _INSTEAD[name]:
            return path, None
        path = folder() / "glue" / _INSTEAD[name]
    if not path.is_file():
        raise UserError(
            f"There is no {path}: download the task from https://gluebenchmark.com/tasks and put its files into "
            f"{path.parent}."
        )
    if not inside:
        return path, "".join(pieces(path))
    try:
        with zipfile.ZipFile(path) as archive:
            return path, io.TextIOWrapper(archive.open(inside), encoding="utf-8").read()
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, RuntimeError, ValueError) as error:
        raise UserError(f"{path} cannot be read as GLUE has it: {error}.") from None
