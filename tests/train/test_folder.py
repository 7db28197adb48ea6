"""Files appear whole or not at all, rows survive a torn line, and JSON is JSON."""

import errno
import hashlib
import json
import math
import os
import re
import stat
from pathlib import Path

import pytest

from firsthand.errors import Notice, UserError
from firsthand.train import folder as module
from firsthand.train.folder import Mark, Rows, RunFolder, read_json, write_atomically, write_json


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
    """Rows before it are read; `rewind` drops it together with what lies after the mark."""
    rows = Rows(tmp_path / "rows.jsonl")
    assert list(rows) == []
    for step in range(1, 6):
        rows.append({"step": step, "loss": step / 3})
    whole = rows.path.read_bytes()
    rows.path.write_bytes(whole[:-4])
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    rows.rewind(rows.until(9))
    assert rows.path.read_bytes() == whole[: whole.index(b'{"step": 5')]
    rows.rewind(rows.until(2))
    assert rows.path.read_bytes() == whole[: whole.index(b'{"step": 3')]


def test_a_mark_is_what_lies_in_the_file(tmp_path):
    """However it came to be there: appended, or found there and gone on with; what is torn lies after it."""
    rows, again = Rows(tmp_path / "rows.jsonl"), Rows(tmp_path / "rows.jsonl")
    for step in (1, 1, 4):
        rows.append({"step": step})
    content = rows.path.read_bytes()
    assert rows.mark() == rows.until(4) == Mark(3, len(content), hashlib.sha256(content).hexdigest())
    rows.path.write_bytes(content + b'{"ste')
    again.rewind(rows.mark())
    assert rows.path.read_bytes() == content
    again.append({"step": 7})
    assert again.mark() == again.until(7) == Rows(rows.path).until(9)
    assert again.begins_with(rows.mark()) and again.begins_with(Mark())
    for changed in (content[:-1], content.replace(b"4", b"5"), b""):
        rows.path.write_bytes(changed)
        assert not again.begins_with(rows.mark())
    rows.path.unlink()
    assert not again.begins_with(rows.mark()) and again.begins_with(Mark())


BAD_ROWS = [b"", b"null", b"[1]", b'{"step": "1"}', b'{"step": -1}', b'{"step": 1.0}', b'{"loss": 1}',
            b'{"step": 2, "x": NaN}', b'{"step": 2, "x": 1e999}', b'{"step": 2, "x": true}',
            b'{"step": 2, "x": "\xff"}', b"[" * 10_000,
            b'{"step": ' + b"9" * 5000 + b"}", b'{"step": 2, "\\ud800": 1}', b"\xff\xfe"]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ROWS, ids=lambda row: repr(row[:20]))
def test_a_damaged_row_costs_no_other(bad, tmp_path):
    """It is left out, and told of; a run is not continued on it."""
    rows = RunFolder(tmp_path).metrics
    good = [b'{"step": 1, "loss": 2}', b'{"step": 3, "loss": null}']
    rows.path.write_bytes(b"\n".join([good[0], bad, good[1]]) + b"\n")
    with pytest.warns(Notice, match=r"metrics.jsonl: row 2 is damaged \(.*\) and left out"):
        assert list(rows) == [{"step": 1, "loss": 2}, {"step": 3, "loss": None}]
    with pytest.raises(UserError, match=r"metrics.jsonl: row 2 is damaged; put the file back"):
        rows.until(3)


def test_rows_twice_over(tmp_path):
    """A file that was doubled is out of order."""
    rows = Rows(tmp_path / "rows.jsonl")
    rows.path.write_bytes(b'{"step": 1}\n{"step": 2}\n' * 2)
    with pytest.raises(UserError, match="row 3 is out of order"):
        rows.until(2)


IN_THE_WAY = {
    "a link": lambda path, outside: path.symlink_to(outside),
    "a link to nothing": lambda path, outside: path.symlink_to(outside.with_name("none")),
    "a hard link": lambda path, outside: os.link(outside, path),
    "a pipe": lambda path, outside: os.mkfifo(path),
    "a socket": lambda path, outside: os.mknod(path, 0o600 | stat.S_IFSOCK),
    "a folder": lambda path, outside: path.mkdir(),
}
WRITTEN = ["metrics.jsonl", "result.json", ".lock", ".metrics.jsonl.1.partial", "checkpoints/step-00000001.json",
           "figures/loss.png", "tensorboard/events.json"]  # fmt: skip


@pytest.mark.parametrize("kind", IN_THE_WAY)
@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_is_written_elsewhere(name, kind, tmp_path):
    """What is in the way of a file that is written is named before anything is."""
    folder = RunFolder(tmp_path / "run")
    folder.create({"paper": "mlp"})
    path, outside = folder.path / name, tmp_path / "outside"
    outside.write_text("mine")
    path.parent.mkdir(exist_ok=True)
    IN_THE_WAY[kind](path, outside)
    before = {found: found.lstat().st_mtime_ns for found in tmp_path.rglob("*")}
    sentence = rf"{re.escape(name)} is .*: nothing is written to .*run as long as it is\.$"
    with pytest.raises(UserError, match=sentence), folder.held():
        pytest.fail("it was held")
    assert {found: found.lstat().st_mtime_ns for found in tmp_path.rglob("*")} == before
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("name", ["checkpoints", "figures", "tensorboard"])
def test_a_folder_in_it_is_no_link_and_no_file(name, tmp_path):
    """Files of others could be deleted through it."""
    folder = RunFolder(tmp_path / "run")
    folder.create({"paper": "mlp"})
    (tmp_path / "mine").mkdir()
    (folder.path / name).symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match=rf"{name} is a link to .*mine: nothing is written"), folder.held():
        pytest.fail("it was held")
    (folder.path / name).unlink()
    (folder.path / name).write_text("")
    with pytest.raises(UserError, match=rf"{name} is a file, not a folder: nothing is written"), folder.held():
        pytest.fail("it was held")


def test_the_folder_itself_may_be_reached_through_a_link(tmp_path):
    """Its own place is the user's choice."""
    RunFolder(tmp_path / "run").create({"paper": "mlp"})
    (tmp_path / "link").symlink_to(tmp_path / "run")
    with RunFolder(tmp_path / "link").held(), pytest.raises(UserError, match="is being trained by another process"):
        RunFolder(tmp_path / "run").held().__enter__()


def test_what_a_killed_process_left_is_gone(tmp_path):
    """Its partial files, by exact pattern, once the folder is held again; nothing else."""
    folder = RunFolder(tmp_path / "run")
    folder.create({"paper": "mlp"})
    folder.checkpoints.mkdir()
    ours = [folder.path / ".metrics.jsonl.123.partial", folder.checkpoints / ".step-00000001.json.77.partial"]
    theirs = [folder.path / name for name in (".hidden", ".thesis.partial", "notes.1.partial", ".a.x1.partial")]
    for path in (*ours, *theirs):
        path.write_text("")
    with folder.held():
        assert not any(path.exists() for path in ours) and all(path.exists() for path in theirs)


WRONG = {
    "null": b"null", "a list": b"[]", "a number": b"1", "empty": b"", "cut": b'{"paper": "ml',
    "Latin-1": b'{"paper": "\xe9"}',
    "deep": b"[" * 10_000 + b"]" * 10_000, "a NaN": b'{"paper": NaN}', "a number as text": b'{"paper": 1}',
    "a huge number": b'{"paper": "mlp", "seed": ' + b"9" * 5000 + b"}", "infinite": b'{"paper": "mlp", "seed": 1e999}',
    "half a character": b'{"paper": "\\ud800"}', "a mark": b'\xef\xbb\xbf{"paper": "mlp"}', "other nesting":
    b'{"paper": "mlp", "recipe": {"a": {"b": {"c": {"d": 1}}}}}',
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_json_of_another_shape(what, tmp_path):
    """Anything but what is declared is one sentence with the file and the way out."""
    (tmp_path / "config.json").write_bytes(WRONG[what])
    way_out = r"delete the run folder and train again\.$"
    with pytest.raises(UserError, match=r"^\S+config.json is damaged \([^\n]+\); " + way_out):
        _ = RunFolder(tmp_path).config


def test_what_is_no_plain_file_is_not_waited_for(tmp_path):
    """A pipe and a device would never end."""
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(UserError, match=r"config.json is no plain file: it cannot be read"):
        _ = RunFolder(tmp_path).config
    os.mkfifo(tmp_path / "metrics.jsonl")
    with pytest.raises(UserError, match=r"metrics.jsonl is no plain file"):
        list(RunFolder(tmp_path).metrics)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "config.json").symlink_to("/dev/zero")
    with pytest.raises(UserError, match=r"config.json is no plain file"):
        _ = RunFolder(tmp_path / "link").config
    with open(tmp_path / "large.json", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UserError, match=r"large.json is too large to be one of ours: it has 1,099,511,627,776 bytes"):
        read_json(tmp_path / "large.json")


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
