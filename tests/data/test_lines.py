"""A user's own text and CSV files, good and bad."""

import gzip

import pytest

from firsthand.data.lines import read_lines
from firsthand.errors import UserError


def write(tmp_path, data: bytes | str, name: str = "mine.txt"):
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\N{BYTE ORDER MARK}"])
def test_one_example_a_line(tmp_path, mark, end):
    path = write(tmp_path, mark + end.join(["anna", "", "zoë\N{LINE SEPARATOR}b", "  ", " anna maria "]))
    assert read_lines(path) == ["anna", "zoë\N{LINE SEPARATOR}b", "anna maria"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_column_of_a_csv_file(tmp_path, delimiter):
    rows = [["id", "first name"], ["1", '"de la, Cruz; ""Jo"""'], ["2", ""], ["3"], ["4", "zoë"]]
    path = write(tmp_path, "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows), "mine.csv")
    assert read_lines(path, "first name") == ['de la, Cruz; "Jo"', "zoë"]


def test_a_csv_file_of_one_column_needs_no_name_and_a_cell_is_one_line(tmp_path):
    path = write(tmp_path, 'name\nanna\n"maria\njosé"\n', "mine.CSV")
    assert read_lines(path) == read_lines(path, "name") == ["anna", "maria josé"]


def test_the_csv_column_must_be_known(tmp_path):
    path = write(tmp_path, "name,gender\nanna,f\nbo,m\n", "mine.csv")
    with pytest.raises(UserError, match="columns name, gender: choose one"):
        read_lines(path)
    with pytest.raises(UserError, match="did you mean 'name'"):
        read_lines(path, "nmae")
    with pytest.raises(UserError, match="there are: name, gender"):
        read_lines(path, "x")


def test_a_column_of_a_text_file(tmp_path):
    for options in ({"column": "name"}, {"header": False}):
        with pytest.raises(UserError, match=rf"'{next(iter(options))}' is for \.csv and \.tsv files"):
            read_lines(write(tmp_path, "a\nb\n"), **options)


def test_packed_files(tmp_path):
    """Read as what they hold, a CSV file by the ending before the packing's, whatever the name says of the packing."""
    packed = gzip.compress(b"id,name\n1,anna\n2,bo\n")
    assert read_lines(write(tmp_path, packed, "mine.csv.gz"), "name") == ["anna", "bo"]
    assert read_lines(write(tmp_path, packed, "mine.gz")) == ["id,name", "1,anna", "2,bo"]


def test_a_broken_csv_file(tmp_path):
    with pytest.raises(UserError, match=r"not a CSV file: .*after line 2"):
        read_lines(write(tmp_path, 'name,x\na,b\n"c,d\ne,f\n', "mine.csv"), "name")


def test_a_missing_file_names_the_nearest(tmp_path):
    write(tmp_path, "a\nb\n", "villages.txt")
    with pytest.raises(UserError, match=r"did you mean .*villages\.txt\?"):
        read_lines(tmp_path / "vilages.txt")
    with pytest.raises(UserError, match=r"There is no file .*zzz\."):
        read_lines(tmp_path / "zzz")
    with pytest.raises(UserError, match="no folder"):
        read_lines(tmp_path / "gone" / "villages.txt")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no examples, it is empty"),
        (b"\n \n", "no examples, it is empty"),
        (b"anna\n", "only one example"),
    ],
)
def test_bad_text(tmp_path, data, message):
    with pytest.raises(UserError, match=message):
        read_lines(write(tmp_path, data))


@pytest.mark.parametrize(
    ("data", "message"), [("", "no examples"), ("name\n", "no examples"), ("name\na\n", "only one")]
)
def test_csv_without_examples(tmp_path, data, message):
    with pytest.raises(UserError, match=message):
        read_lines(write(tmp_path, data, "mine.csv"))


def test_a_folder(tmp_path):
    with pytest.raises(UserError, match="is a folder"):
        read_lines(tmp_path)
