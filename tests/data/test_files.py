"""Downloads: only the right bytes ever get the final name, and every failure says what to do."""

import errno
import gzip
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pooch
import pytest

from firsthand.data.files import RemoteFile, alone, fetch, folder, here
from firsthand.errors import UserError

CONTENT = b"emma\nolivia\nava\n" * 1000
SUM = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def remote(server, empty_folder) -> RemoteFile:
    url, served = server
    (served / "names.txt").write_bytes(CONTENT)
    return RemoteFile("lists/names.txt", f"{url}/names.txt", (SUM,), dataset="makemore-names")


def left(empty_folder: Path) -> list[str]:
    there = (entry for entry in empty_folder.rglob("*") if entry.is_file() or ".download" in entry.name)
    return sorted(entry.name for entry in there if entry.name != ".lock")


def test_the_folder_is_the_chosen_one_else_the_platforms_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("FIRSTHAND_DATA", str(tmp_path))
    assert folder() == tmp_path
    monkeypatch.setenv("FIRSTHAND_DATA", "~/somewhere")
    assert folder() == Path.home() / "somewhere"
    for unset in (lambda: monkeypatch.setenv("FIRSTHAND_DATA", ""), lambda: monkeypatch.delenv("FIRSTHAND_DATA")):
        unset()
        assert folder() == Path(pooch.os_cache("firsthand"))


def test_a_missing_file_is_downloaded_once_into_the_folder(remote, empty_folder, server):
    assert not here(remote)
    path = fetch(remote, progress=False)
    assert path == empty_folder / "lists" / "names.txt"
    assert path.read_bytes() == CONTENT
    assert left(empty_folder) == ["names.txt"]
    assert here(remote)
    (server[1] / "names.txt").unlink()
    assert fetch(remote, progress=False) == path


def test_the_progress_bar_goes_to_stderr(remote, capsys):
    fetch(remote)
    out, err = capsys.readouterr()
    assert out == ""
    assert "lists/names.txt" in err and "16.0/16.0 kB" in err


def test_a_file_with_another_checksum_is_refused_and_kept(remote, empty_folder):
    path = empty_folder / remote.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"my own names\n")
    got = hashlib.sha256(b"my own names\n").hexdigest()
    with pytest.raises(UserError) as error:
        fetch(remote, progress=False)
    for part in (str(path), SUM, f"sha256:{got}", "delete it", "firsthand data makemore-names --download"):
        assert part in str(error.value)
    assert path.read_bytes() == b"my own names\n"
    fetch(remote, progress=False, replace=True)
    assert path.read_bytes() == CONTENT


def test_a_file_that_changes_after_it_was_checked_is_checked_again(remote):
    path = fetch(remote, progress=False)
    fetch(remote, progress=False)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(UserError, match="checksum"):
        fetch(remote, progress=False)


def test_a_file_is_read_for_its_checksum_once(remote, monkeypatch):
    fetch(remote, progress=False)
    fetch(remote, progress=False)
    monkeypatch.setattr(hashlib, "new", lambda name: pytest.fail("read again"))
    fetch(remote, progress=False)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_every_algorithm_and_any_of_several_sums_will_do(remote, algorithm):
    right = f"{algorithm}:{hashlib.new(algorithm, CONTENT).hexdigest()}"
    assert fetch(replace(remote, sums=("md5:0", right, "sha256:0")), progress=False).is_file()


def test_a_packed_file_may_be_packed_in_another_way(remote, server, empty_folder):
    (server[1] / "names.gz").write_bytes(gzip.compress(CONTENT, 1))
    packed = replace(remote, path="names.gz", url=f"{server[0]}/names.gz", sums=("md5:0",), content_sums=(SUM,))
    assert gzip.decompress(fetch(packed, progress=False).read_bytes()) == CONTENT
    with pytest.raises(UserError, match="the checksum of its content should be sha256:0 but is " + SUM):
        fetch(replace(packed, content_sums=("sha256:0",)), progress=False)
    for broken in (gzip.compress(CONTENT)[:-9], b"no gzip", gzip.compress(CONTENT)[:30] + b"\xff" * 40):
        (empty_folder / "names.gz").write_bytes(broken)
        with pytest.raises(UserError, match="cannot be unpacked"):
            fetch(packed, progress=False)


def fails(remote: RemoteFile, empty_folder: Path, *parts: str) -> None:
    with pytest.raises(UserError) as error:
        fetch(remote, progress=False)
    for part in (remote.url, str(empty_folder), "FIRSTHAND_DATA", "embedded", *parts):
        assert part in str(error.value)
    assert left(empty_folder) == []


def test_a_corrupted_download_leaves_nothing(remote, empty_folder, server):
    (server[1] / "names.txt").write_bytes(CONTENT[::-1])
    fails(remote, empty_folder, SUM, str(empty_folder / remote.path))


def test_a_download_that_breaks_off_leaves_nothing(remote, empty_folder, server):
    fails(replace(remote, url=f"{server[0]}/cut"), empty_folder, "the connection broke")


def test_a_file_that_is_not_on_the_server(remote, empty_folder, server):
    fails(replace(remote, url=f"{server[0]}/gone.txt"), empty_folder, "404")


def test_no_network(remote, empty_folder):
    # Port 9 of this machine: nothing listens there.
    fails(replace(remote, url="http://127.0.0.1:9/names.txt"), empty_folder, "no connection")


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, "no space left"), (errno.EROFS, "cannot be written to"), (errno.EACCES, "cannot be written to")],
)
def test_a_disk_that_does_not_take_the_file(remote, empty_folder, monkeypatch, number, reason):
    def refuse(*paths):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    fails(remote, empty_folder, reason)


def test_a_data_folder_that_is_a_file(remote, empty_folder):
    empty_folder.write_text("a file")
    with pytest.raises(UserError, match="FIRSTHAND_DATA"):
        fetch(remote, progress=False)


def test_what_a_killed_download_left_is_cleaned_up(remote, empty_folder):
    for left_over in (".download-abc", ".download-def"):
        (empty_folder / "lists" / left_over).mkdir(parents=True)
        (empty_folder / "lists" / left_over / "names.txt").write_bytes(CONTENT[:99])
    fetch(remote, progress=False)
    assert left(empty_folder) == ["names.txt"]


def test_two_who_want_the_same_file_fetch_it_once(remote, empty_folder, server, capsys):
    """The second waits, says so, and finds it there; its address answers no more."""
    with ThreadPoolExecutor() as pool:
        with alone(empty_folder / "lists"):
            second = pool.submit(fetch, replace(remote, url=f"{server[0]}/gone.txt"), progress=False)
            with pytest.raises(TimeoutError):
                second.result(0.3)
            (empty_folder / "lists" / "names.txt").write_bytes(CONTENT)
        assert second.result(30).read_bytes() == CONTENT
    assert "waiting for it" in capsys.readouterr().err


def test_a_folder_where_the_file_should_be(remote, empty_folder):
    (empty_folder / remote.path).mkdir(parents=True)
    with pytest.raises(UserError, match=r"is a folder where the file 'lists/names\.txt' should be"):
        fetch(remote, progress=False)


def test_the_home_folder_of_nobody(monkeypatch):
    monkeypatch.setenv("FIRSTHAND_DATA", "~nobody-of-this-name/data")
    with pytest.raises(UserError, match="a user that this machine does not know"):
        folder()


def test_an_interrupted_download_leaves_nothing(remote, empty_folder, monkeypatch):
    def interrupt(*paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(remote, progress=False)
    assert left(empty_folder) == []
