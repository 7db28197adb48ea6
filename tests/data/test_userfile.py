"""A user's own files, as tables of what they hold and what is made of it."""

import bz2
import gzip
import io
import lzma
import os
import zipfile

import pytest

from firsthand.data import Names, Text
from firsthand.data.userfile import _said, absolute, pieces
from firsthand.errors import UserError


def zipped(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


SONG = "“Don’t stop,” said Zoë – and left.\n"

TEXTS = {
    "line ends": (b"a\r\nb\rc\n", "a\nb\nc\n"),
    # Only these are line ends: a line separator, a vertical tab, a form feed, a file separator and U+0085 are not.
    "no line ends": ("a\u2028b\x0bc\x0cd\x1ce\x85f\n".encode(), "a\u2028b\x0bc\x0cd\x1ce\x85f\n"),
    "a byte order mark": (b"\xef\xbb\xbfa\n", "a\n"),
    "not normalised": ("e\u0301\u00e9\n".encode(), "e\u0301\u00e9\n"),
    "gzip": (gzip.compress(b"a\r\nb"), "a\nb"),
    "two gzip files in one": (gzip.compress(b"a\n") + gzip.compress(b"b"), "a\nb"),
    "bzip2": (bz2.compress(b"a"), "a"),
    "xz": (lzma.compress(b"a"), "a"),
    "nothing": (b"", ""),
    "words that look like a magic number": (b"ID3,PAR1\n", "ID3,PAR1\n"),
}

CONVERT = r"convert it: iconv -f {0} -t UTF-8 .*mine\.txt > new\.txt$"

NO_TEXTS = {
    "latin": ("anna\nzoë\n", "latin1", r"its byte 7 is 0xeb\. If it is LATIN1, " + CONVERT.format("LATIN1")),
    "windows": (SONG, "cp1252", r"its byte 0 is 0x93\. If it is CP1252, " + CONVERT.format("CP1252")),
    "utf-16": (SONG, "utf-16", r"its byte 0 is 0xff\. If it is UTF-16, " + CONVERT.format("UTF-16")),
    "utf-16 unmarked": ("anna\nbo\n", "utf-16-le", "its byte 1 is 0x00. If it is UTF-16LE"),
    "utf-16 big": ("anna\nbo\n", "utf-16-be", "its byte 0 is 0x00. If it is UTF-16BE"),
    "utf-16 of another script": ("山田\n" * 9, "utf-16-le", "If it is UTF-16LE"),
    "utf-32": (SONG, "utf-32", "its byte 0 is 0xff. If it is UTF-32, "),
    "utf-32 unmarked": (SONG, "utf-32-be", "its byte 0 is 0x00. If it is UTF-32BE, "),
    "japanese": ("山田太郎\n鈴木花子\n", "shift_jis", "If it is SHIFT_JIS or"),
    "chinese": ("话说天下大势,分久必合。\n" * 9, "gbk", "If it is .*GB18030"),
    "russian": ("Иван Петров\n" * 9, "cp1251", "If it is .*CP1251"),
}

BINARIES = {
    "damaged": (("日本語\n" * 9).encode() + b"\xff\n", r"its byte 90 is 0xff\. The rest is, .*iconv -c -f UTF-8"),
    "cut within a character": (("日本語\n" * 9).encode()[:-2], r"its byte 86 is 0xe8\. The rest is"),
    "a stray NUL": (b"anna\nb\0o\n", r"is a binary file, not text: its byte 6 is 0x00\."),
    "packed latin": (gzip.compress(b"zo\xeb\nanna\n"), r"iconv -f LATIN1 -t UTF-8 > new\.txt$"),
    "cut gzip": (gzip.compress(b"anna\n" * 99)[:-9], "cannot be unpacked .*: it is damaged or cut short"),
    "damaged gzip": (gzip.compress(os.urandom(99))[:20] + b"\xff" * 99, "cannot be unpacked"),
    "pdf": (b"%PDF-1.4\n1 0 obj\n", "is a PDF document, not text: .*pdftotext"),
    "rich text": (b"{\\rtf1 anna}\n", "is a Rich Text document, not text: save it as plain text"),
    "word": (zipped("[Content_Types].xml", "word/document.xml"), "is a Word document, not text: save it as plain text"),
    "excel": (zipped("[Content_Types].xml", "xl/workbook.xml"), "is an Excel workbook, not text: save it as CSV"),
    "old word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "is an old Word or Excel file"),
    "zip": (zipped("names.txt"), "is a zip archive, not text: unpack it first"),
    "half a zip": (zipped("names.txt")[:40], "is a zip archive"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a picture, not text"),
    "sound": (b"RIFF\x24\0\0\0WAVEfmt ", "is a sound, not text"),
    "parquet": (b"PAR1\x15\x04\xff", "is a table in a binary format, not text: write it as CSV"),
}
BINARIES |= {name: (text.encode(encoding), told) for name, (text, encoding, told) in NO_TEXTS.items()}


@pytest.mark.parametrize("size", [1, 1 << 22])
@pytest.mark.parametrize("case", TEXTS)
def test_text(tmp_path, case, size):
    data, expected = TEXTS[case]
    (tmp_path / "mine.txt").write_bytes(data)
    assert "".join(pieces(tmp_path / "mine.txt", size)) == expected


@pytest.mark.parametrize("spec", [Names, Text])
@pytest.mark.parametrize("case", BINARIES)
def test_what_is_no_text_is_told_by_its_bytes(tmp_path, case, spec):
    """The same for lines and for running text."""
    data, told = BINARIES[case]
    (tmp_path / "mine.txt").write_bytes(data)
    with pytest.raises(UserError, match=told):
        spec(str(tmp_path / "mine.txt")).load()


def test_a_byte_far_from_the_start(tmp_path):
    """Counted right although a character lies across the blocks in which the file is read."""
    (tmp_path / "mine.txt").write_bytes("é".encode() + b"a" + "日".encode() * 50_000 + b"\n\xe9x\n")
    with pytest.raises(UserError, match="its byte 150,004 is 0xe9"):
        list(pieces(tmp_path / "mine.txt"))


def test_characters_that_a_conversion_lost_are_counted_once(tmp_path, capsys):
    path = tmp_path / "mine.txt"
    path.write_text("caf\ufffd\nx\ufffd\ufffd\n", encoding="utf-8")
    assert [*pieces(path, 3)] == [*pieces(path, 3)]
    assert capsys.readouterr().err == f"{path} has 3 characters U+FFFD (\ufffd): a conversion lost what was there.\n"


def test_a_published_file_is_not_remarked_on(data_folder, capsys):
    """One of the published names holds U+FFFD twice; there is nothing that a user could do about it."""
    assert "".join(Names("indian-male-names").read()).count("\ufffd") == 2
    assert capsys.readouterr().err == ""


def test_of_several_processes_only_the_first_tells(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    (tmp_path / "mine.txt").write_text("\ufffd", encoding="utf-8")
    list(pieces(tmp_path / "mine.txt"))
    assert capsys.readouterr().err == ""
    _said.clear()


@pytest.mark.parametrize("spec", [Names, Text])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "is a folder: give the path of a text or CSV file in it"),
        ("vilages.txt", r"There is no file .*: did you mean .*villages\.txt\?"),
        ("link.txt", "is a link to /nowhere/else, which does not exist"),
        ("villages.txt/a.txt", "There is no file"),
        ("pipe", "is no file that can be read again"),
        ("x" * 300 + ".txt", "cannot be read: File name too long"),
        ("a\0b.txt", "cannot be read: embedded null byte"),
        ("~nobody-of-this-name/a.txt", "starts with the home folder of a user"),
        ("https://example.org/a.txt", "is an address, not a file: download it first"),
    ],
)
def test_paths_that_do_not_work(tmp_path, spec, name, told):
    (tmp_path / "villages.txt").write_text("a\nb\n")
    (tmp_path / "link.txt").symlink_to("/nowhere/else")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match=told):
        spec(name if name[:1] == "~" or "://" in name else f"{tmp_path}/{name}").load()


def test_a_path_is_kept_as_it_is_where_there_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("a")
    assert [absolute("a.txt"), absolute("b.txt"), absolute("x" * 300)] == [str(tmp_path / "a.txt"), "b.txt", "x" * 300]
