"""CSV and TSV files as spreadsheets and people write them: what they hold, what is asked for, what comes of it."""

import csv
import re

import pytest

from firsthand.data.lines import read_lines
from firsthand.errors import UserError

ROWS = ["anna", "bo", "li"]
NUMBERED = "1{0}anna\n2{0}bo\n3{0}li\n"

TABLES = {  # content, column, header or not, the examples
    "one column": ("name\nanna\nbo\nli\n", None, True, ROWS),
    "no header": ("anna\nbo\nli\n", None, False, ROWS),
    "a number": ("id,name\n" + NUMBERED.format(","), "2", True, ROWS),
    "a number, no header": (NUMBERED.format(";"), "2", False, ROWS),
    "a name that is a number": ("2,1\n" + NUMBERED.format(","), "1", True, ROWS),
    "a row wider than the header": ("id\n1,anna\n2,bo\n", "1", True, ["1,anna", "2,bo"]),
    "a blank first line": ("\n  \nid,name\n" + NUMBERED.format(","), "name", True, ROWS),
    "a blank first column": ("\tname\n" + NUMBERED.format("\t"), "name", True, ROWS),
    "said by the first line": ("sep=|\r\nid|name\r\n" + NUMBERED.format("|"), "name", True, ROWS),
    "said in quotes": ('"sep=;"\nid;name,x\n' + NUMBERED.format(";"), "name,x", True, ROWS),
    "commas in a quoted header": ('"Born, in";"Name, first"\n' + NUMBERED.format(";"), "Name, first", True, ROWS),
    "a title": ("List of names\nid,name\n" + NUMBERED.format(","), "name", True, ROWS),
    "a title filled up": ("List of names;;\n;;\nid;name\n" + NUMBERED.format(";"), "2", True, ROWS),
    "a title with a comma": ("Names, 2024\nid,name,x\n1,anna,\n2,bo,\n3,li,\n", "name", True, ROWS),
    "commas in some lines": ("name\nanna\nbo, jr\nli\nx, y\n", "name", True, ["anna", "bo, jr", "li", "x, y"]),
    "cells that begin with a quote": (
        'artist\tyear\n"Weird Al" Yankovic\t1959\n"Heroes\t1977\n"a"\t1\n', "artist", True,
        ['"Weird Al" Yankovic', '"Heroes', '"a"'],
    ),
    "quotes about a tab": ('artist\tyear\n"a\tb ""c"""\t1\nd\t2\n', "artist", True, ['a\tb "c"', "d"]),
    "long cells": ("id,name\n1," + 200_000 * "a" + "\n2,bo\n", "name", True, [200_000 * "a", "bo"]),
    "cells of several lines": ('id,name\n1,"a\nb"\n2,"c\u2028d\x0ce"\n', "name", True, ["a b", "c\u2028d\x0ce"]),
    "trailing commas": ("id,name\n1,anna,\n2,bo,\n3,li,\n", "name", True, ROWS),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_tables(tmp_path, case):
    content, column, header, expected = TABLES[case]
    path = tmp_path / ("mine.tsv" if "\t" in content else "mine.csv")
    path.write_bytes(content.encode())
    assert read_lines(path, column, header) == expected
    assert csv.field_size_limit() == 131_072


@pytest.mark.parametrize(
    ("content", "column", "header", "told"),
    [
        ("anna\nbo\nli\n", None, True, "'anna' is taken as the name of the column; .* add --data.no-header"),
        ("id,name\n1,anna\n2,bo\n", "2", True, "'name' is taken as the name of the column; if"),
        ("Names\n\nid,name\n1,a\n2,b\n3,c\n", "2", True, r"'name' is .* stands above it is left out \(Names\)"),
        ('a\tb\n"x" y\t1\nz\t2\n', "a", True, "quotes are taken as they stand"),
        ("id,name\n1,anna\n2,bo\n", "name", True, None),
        ("anna\nbo\n", None, False, None),
    ],
)
def test_what_was_seen_is_told_unless_it_was_said(tmp_path, capsys, content, column, header, told):
    path = tmp_path / ("mine.tsv" if "\t" in content else "mine.csv")
    path.write_text(content)
    read_lines(path, column, header)
    seen = capsys.readouterr().err
    assert not seen if told is None else seen.startswith(f"{path}: ") and re.search(told, seen)


@pytest.mark.parametrize(
    ("content", "column", "header", "told"),
    [
        ("a,b\n1,2\n", None, True, "has the columns a, b: choose one with --data.column, by its name or number"),
        ("1,2\n3,4\n", None, False, "has 2 columns: choose one"),
        ("a,b\n1,2\n", "3", True, "There is no column '3': there are: a, b"),
        ("1,2\n3,4\n", "a", False, "There is no column 'a': there are: 1, 2"),
        ("a,a\n1,2\n", "a", True, "has 2 columns 'a': choose one by its number, 1 to 2"),
        ("name,race\nanna,indian\nbo,indian\n", "indian", True, "There is no column 'indian'"),
        ('sep=;\nname;x\na;b\n"c;d\ne;f\n', "name", True, "is not a CSV file: after line 3 a cell begins with a quote"),
        ('"Weird Al" Yankovic,1959\nPrince,1958\n', "1", False, 'is not a CSV file: .* A quote in a cell is written'),
        ("sep=;\n", None, True, "no examples"),
    ],
)
def test_tables_that_do_not_work(tmp_path, content, column, header, told):
    (tmp_path / "mine.csv").write_text(content)
    with pytest.raises(UserError, match=told):
        read_lines(tmp_path / "mine.csv", column, header)
