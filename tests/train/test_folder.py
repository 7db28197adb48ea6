"""Files appear whole or not at all, rows survive a torn line, and JSON is JSON."""

import errno
import json
import math
import os
from pathlib import Path

import pytest

from firsthand.errors import UserError
from firsthand.train import folder as module
from firsthand.train.folder import Rows, RunFolder, read_json, write_atomically, write_json


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


class FullFile:
    """An open file on a full disk."""

    def __init__(self, path: Path, mode: str, **_):
        self.file = open(path, mode)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    write = full


FAILURES = {
    "replace": lambda patch: patch.setattr(os, "replace", full),
    "fsync": lambda patch: patch.setattr(os, "fsync", full),
    "write": lambda patch: patch.setattr(module, "open", FullFile, raising=False),
    "open": lambda patch: patch.setattr(module, "open", full, raising=False),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_full_disk_leaves_the_old_file_and_no_part_of_the_new(failure, tmp_path, monkeypatch):
    """At every moment of writing; the sentence says what to do."""
    path = tmp_path / "file.json"
    path.write_bytes(b"old")
    with monkeypatch.context() as patch:
        FAILURES[failure](patch)
        with pytest.raises(UserError, match=r"Cannot write .*file.json: the disk is full; free some"):
            write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["file.json"]


def test_ctrl_c_while_writing_leaves_no_part(tmp_path, monkeypatch):
    """Whatever stops the writing, the partial file goes."""

    def stop(number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """fsync comes before replace: a crash in between leaves the old file."""
    done = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: done.append("fsync") or sync(number))
    monkeypatch.setattr(os, "replace", lambda a, b: done.append("replace") or replace(a, b))
    write_atomically(tmp_path / "a" / "b" / "file", b"new")
    assert done == ["fsync", "replace"]
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"new"


@pytest.mark.parametrize("place", ["file/run", "file"])
def test_a_folder_that_cannot_be_made(place, tmp_path, train):
    """A file is in the way: one sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"Cannot write|already exists"):
        train(place)


def test_rows_on_a_full_disk(tmp_path, monkeypatch):
    """The same sentence for a row that cannot be added."""
    monkeypatch.setattr(module, "open", full, raising=False)
    with pytest.raises(UserError, match=r"Cannot write .*rows.jsonl: the disk is full"):
        Rows(tmp_path / "rows.jsonl").append({"step": 1})


def test_json_has_no_nan(tmp_path):
    """Numbers that are not finite become null, however deep they lie."""
    content = {"a": math.nan, "b": [1.5, math.inf, {"c": (-math.inf, 2)}], "d": "nan"}
    write_json(tmp_path / "file.json", content)
    Rows(tmp_path / "rows.jsonl").append(content)
    for name in ("file.json", "rows.jsonl"):
        found = json.loads((tmp_path / name).read_text(), parse_constant=lambda word: pytest.fail(word))
        assert found == {"a": None, "b": [1.5, None, {"c": [None, 2]}], "d": "nan"}


def test_rows_survive_a_torn_line(tmp_path):
    """Rows before it are read; `rewind` drops it together with what lies after the step."""
    rows = Rows(tmp_path / "rows.jsonl")
    assert list(rows) == []
    for step in range(1, 6):
        rows.append({"step": step, "loss": step / 3})
    whole = rows.path.read_bytes()
    rows.path.write_bytes(whole[:-4])
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    rows.rewind(9)
    assert rows.path.read_bytes() == whole[: whole.index(b'{"step": 5')]
    rows.rewind(2)
    assert rows.path.read_bytes() == whole[: whole.index(b'{"step": 3')]


def test_a_damaged_json_is_named(tmp_path):
    """With the way out."""
    (tmp_path / "config.json").write_text('{"paper": ')
    with pytest.raises(UserError, match=r"config.json is damaged .*; delete the run folder and train again"):
        read_json(tmp_path / "config.json")
    with pytest.raises(UserError, match=r"is not a run folder: it has no result.json"):
        read_json(tmp_path / "result.json")


def test_a_folder_that_holds_something_is_never_written_over(tmp_path):
    """An empty one may be used, and so may one with hidden files only."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden").write_text("")
    RunFolder(tmp_path / "empty").create({"paper": "x"})
    assert RunFolder(tmp_path / "empty").config == {"paper": "x"}
    assert RunFolder(tmp_path / "empty").result is None
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match=r"full already exists; choose another --out, or continue it with --resume"):
        RunFolder(tmp_path / "full").create({})
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.tex"]
