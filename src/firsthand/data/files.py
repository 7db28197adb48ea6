"""Files of public data sets: found in the data folder, checked, and downloaded once from where they are published."""

import bz2
import errno
import gzip
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from firsthand.data.userfile import located, remark
from firsthand.errors import UserError

_OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".mat": partial(open, mode="rb")}
_OTHER_FOLDER = "Set FIRSTHAND_DATA to a folder of your own."
_verified: set[tuple] = set()  # the files this process has checked, each with its path, mtime and size


@dataclass(frozen=True)
class RemoteFile:
    """A published file: where it lies, where it comes from, and the checksums that make it the right one."""

    path: str  # relative to the data folder
    url: str  # canonical address
    sums: tuple[str, ...]  # "sha256:..." or "md5:..." of the file itself
    content_sums: tuple[str, ...] = ()  # the same of what a .gz, .bz2 or .mat file holds, however it was packed
    dataset: str = ""  # the data set it belongs to, for messages
    canonical: str = ""  # module.function of firsthand.data: the bytes of a content that count, however it was written


def found(name: str) -> Any:
    """A function of firsthand.data, as module.function; its module is imported here because it may import torch."""
    module, _, function = name.rpartition(".")
    return getattr(import_module(f"firsthand.data.{module}"), function)


def folder() -> Path:
    """The data folder: `FIRSTHAND_DATA` if set, else the platform's cache folder.

    Raises `UserError` for the home folder of a user that does not exist.
    """
    if chosen := os.environ.get("FIRSTHAND_DATA"):
        return located(chosen)
    import pooch

    return Path(pooch.os_cache("firsthand"))


def local(file: RemoteFile) -> Path:
    """Where the file lies, or would lie, on this machine."""
    return folder() / file.path


def here(file: RemoteFile) -> bool:
    """Whether the file lies in the data folder, unchecked."""
    try:
        return local(file).is_file()
    except OSError as error:
        raise UserError(f"The data folder {folder()} cannot be read: {error.strerror}. {_OTHER_FOLDER}") from error


def fetch(file: RemoteFile, progress: bool = True, replace: bool = False) -> Path:
    """The path of the file in the data folder, downloaded if it is missing, with a known checksum in any case.

    A file with another checksum is refused; only `replace=True` downloads it again in its place.
    Raises `UserError` when the file is wrong, or cannot be downloaded or stored.
    """
    path = local(file)
    if here(file):
        wrong = _wrong(file, path)
        if not wrong:
            return path
        if not replace:
            raise UserError(
                f"{path} is not the file that '{file.path}' should be: {wrong}. "
                f"To fetch it again, delete it{_or_download(file)}."
            )
    if path.is_dir():
        raise UserError(f"{path} is a folder where the file '{file.path}' should be: move it away. {_OTHER_FOLDER}")
    _download(file, path, progress)
    return path


def _or_download(file: RemoteFile) -> str:
    return f", or run `firsthand data {file.dataset} --download`" if file.dataset else ""


def _wrong(file: RemoteFile, path: Path, remember: bool = True) -> str:
    """What is wrong with the file at `path`, in words; empty if its own or its content's checksum is known."""
    try:
        stat = path.stat()
        key = (file, str(path.absolute()), stat.st_mtime_ns, stat.st_size)
        if key in _verified:
            return ""
        with open(path, "rb") as stream:
            got = _sums(stream, file.sums)
        known = got & set(file.sums)
        if not known and file.content_sums:
            with _OPENERS[Path(file.path).suffix](path) as stream:
                plain = io.BytesIO(found(file.canonical)(stream.read())) if file.canonical else stream
                got = _sums(plain, file.content_sums)
            known = got & set(file.content_sums)
    except (EOFError, gzip.BadGzipFile) as error:
        return f"it cannot be unpacked ({error}), it may be cut short"
    except PermissionError as error:
        raise UserError(f"{path} cannot be read: permission denied. Make it readable. {_OTHER_FOLDER}") from error
    except OSError as error:
        return f"it cannot be read ({error})"
    except ValueError as error:  # of the function that says which bytes count
        return str(error)
    except Exception as error:  # zlib.error and the like have no common base
        return f"it cannot be unpacked ({error})"
    if not known:
        expected = file.content_sums or file.sums
        what = "the checksum of its content" if file.content_sums else "its checksum"
        return f"{what} should be {' or '.join(expected)} but is {' '.join(sorted(got))} ({stat.st_size:,} bytes)"
    if remember:
        _verified.add(key)
    return ""


def _sums(stream, expected: tuple[str, ...]) -> set[str]:
    """The checksums of a stream by every algorithm that `expected` names, written as there."""
    digests = {name: hashlib.new(name) for name in {known.partition(":")[0] for known in expected}}
    while block := stream.read(1 << 20):
        for digest in digests.values():
            digest.update(block)
    return {f"{name}:{digest.hexdigest()}" for name, digest in digests.items()}


def _download(file: RemoteFile, path: Path, progress: bool) -> None:
    """Download into a folder beside `path`, check, then move: a file under its final name is always whole."""
    import pooch
    import requests

    way_out = f"Put it at {path} yourself, set FIRSTHAND_DATA to a folder that has it, or use an embedded data set."
    try:
        with alone(path.parent), ExitStack() as stack:
            if here(file) and not _wrong(file, path):  # another process has fetched it meanwhile
                return
            for left in path.parent.glob(".download-*"):  # by a process that was killed
                shutil.rmtree(left, ignore_errors=True)
            unfinished = stack.enter_context(tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent))
            part = Path(unfinished) / path.name
            bar = _Bar(file.path) if progress else False
            if bar:
                stack.callback(bar.close)

            def close_later(response, **_) -> None:  # pooch leaves the connection of a failed download open
                stack.callback(response.close)

            hooks = {"response": close_later}
            download = pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 16, timeout=30, hooks=hooks)
            download(file.url, str(part), None)
            if wrong := _wrong(file, part, remember=False):
                raise UserError(f"The download of {file.url} did not give '{file.path}': {wrong}. {way_out}")
            os.replace(part, path)
    except requests.RequestException as error:
        raise UserError(f"{file.url} cannot be downloaded to {path.parent}: {_reason(error)}. {way_out}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = "there is no space left. Free some, or set"
        elif isinstance(error, PermissionError) or error.errno == errno.EROFS:
            reason = "the folder cannot be written to. Set"
        else:
            reason = f"{error.strerror or error}. Set"
        raise UserError(
            f"{file.url} cannot be stored as {path}: {reason} FIRSTHAND_DATA to another folder, or use an embedded "
            "data set."
        ) from error


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make a folder, and let no other process that asks for the same be at work in it; the lock ends with the process.

    Raises OSError where the folder cannot be made or written to.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        remark(f"Another process fetches or writes files in {folder}: waiting for it ...")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _reason(error: Exception) -> str:
    """Why a download failed, in a few words instead of the nested text of the network libraries."""
    import requests

    if isinstance(error, requests.HTTPError):
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke before the whole file had come"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate cannot be verified"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    return str(error)


class _Bar:
    """A progress bar on stderr with the four things that pooch asks of one: `total`, `update`, `reset`, `close`."""

    def __init__(self, name: str):
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._task = self._bar.add_task(name, total=None)
        self._bar.start()

    @property
    def total(self) -> int | None:
        return self._bar.tasks[0].total

    @total.setter
    def total(self, size: int) -> None:
        self._bar.update(self._task, total=size or None)

    def update(self, size: int) -> None:
        self._bar.advance(self._task, size)

    def reset(self) -> None:
        self._bar.update(self._task, completed=0)

    def close(self) -> None:
        self._bar.stop()
