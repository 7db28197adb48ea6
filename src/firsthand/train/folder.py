"""The run folder: config.json, metrics.jsonl, times.jsonl, result.json, checkpoints/ and figures/, all plain files."""

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from firsthand.errors import UserError, notice
from firsthand.train import shapes
from firsthand.typed import cannot_read, open_plain, parse_json, read_json

LONGEST = 1 << 24  # bytes of a row
PIECE = 1 << 20  # bytes read at a time
REPEAT = "delete it, and `firsthand train --resume` makes it again"


def write_atomically(path: Path, content: bytes, sync: bool = True, option: str = "--out") -> None:
    """Write a file so that a reader, or a crash at any moment, sees the old content or the new, never a part.

    Without `sync` that holds for a killed process but not for a power cut; it is much quicker. `option` is the one that
    names the file's place on the command line.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise (cannot_write(path, error, option) if isinstance(error, OSError) else error) from None


def cannot_write(path: Path, error: OSError, option: str = "--out") -> UserError:
    """The error for a file that the system will not write."""
    reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return UserError(f"Cannot write {path}: {reason}; free some space or choose another place with {option}.")


def write_json(path: Path, content: Any, sync: bool = True) -> None:
    """Write JSON that people can read, atomically; numbers that are not finite as null."""
    write_atomically(path, readable_json(content), sync)


def readable_json(content: Any) -> bytes:
    """JSON that people can read, with numbers that are not finite as null."""
    text = json.dumps(finite(content), indent=2, ensure_ascii=False) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:  # the name of a file whose bytes are not UTF-8: JSON can say it with escapes
        return json.dumps(finite(content), indent=2).encode() + b"\n"


def finite(content: Any) -> Any:
    """The content with None for numbers that are not finite, which JSON cannot say."""
    if isinstance(content, dict):
        return {name: finite(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def digest(content: Any) -> str:
    """The SHA-256 of what JSON can say, however it is laid out in a file."""
    return hashlib.sha256(json.dumps(finite(content), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Mark:
    """How a file of rows began when a checkpoint was written."""

    rows: int = 0
    bytes: int = 0
    sha256: str = hashlib.sha256().hexdigest()


class Rows:
    """A JSON-lines file that only grows, one flushed row at a time; `rewind` drops what lies after a mark.

    A row is an object of the type `shape`, with the step that it tells of.
    """

    def __init__(self, path: Path, shape: Any = dict[str, Any]):
        self.path, self.shape = path, shape
        self.count, self.size, self.hash = 0, 0, hashlib.sha256()  # of what `rewind` left and `append` added

    def append(self, row: dict[str, Any]) -> None:
        """Add one row, numbers that are not finite as null; a kill can lose at most this one."""
        line = (json.dumps(finite(row)) + "\n").encode()
        try:
            with open(self.path, "ab") as file:
                file.write(line)
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self.count, self.size = self.count + 1, self.size + len(line)
        self.hash.update(line)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows; a damaged one is left out, with a Notice, and so is, without, the torn last one of a killed run."""
        for number, (line, row) in enumerate(self._lines(), 1):
            if isinstance(row, dict):
                yield row
            elif line.endswith(b"\n"):
                notice(f"{self.path}: row {number} is damaged ({row}) and left out.")

    def readable(self) -> None:
        """Raise UserError if the system will not read the file."""
        with contextlib.suppress(FileNotFoundError):
            open_plain(self.path).close()

    def _lines(self) -> Iterator[tuple[bytes, dict[str, Any] | str]]:
        """Every line as it is written, with its row or what is wrong with it."""
        try:
            file = open_plain(self.path)
        except FileNotFoundError:
            return
        with file:
            while line := self._line(file):
                try:
                    row = parse_json(line, self.shape)
                    step = row.get("step")
                    sound = isinstance(step, int) and step >= 0
                    yield line, row if sound else "it has no step"
                except ValueError as error:
                    yield line, str(error)

    def _line(self, file: BinaryIO) -> bytes:
        try:
            return file.readline(LONGEST)
        except OSError as error:
            raise cannot_read(self.path, error) from None

    def mark(self) -> Mark:
        """What lies in the file by what was done to it here."""
        return Mark(self.count, self.size, self.hash.hexdigest())

    def until(self, step: int) -> Mark:
        """The mark of the rows up to and including a step, for a checkpoint that was written before there were marks.

        Raises UserError if one of them is damaged, or out of order.
        """
        count, size, found, last = 0, 0, hashlib.sha256(), 0
        for line, row in self._lines():
            if isinstance(row, str) and not line.endswith(b"\n"):
                break
            if isinstance(row, str) or row["step"] < last:
                raise UserError(
                    f"{self.path}: row {count + 1} is {'damaged' if isinstance(row, str) else 'out of order'}; "
                    "put the file back as it was, or train again."
                )
            if row["step"] > step:
                break
            count, size, last = count + 1, size + len(line), row["step"]
            found.update(line)
        return Mark(count, size, found.hexdigest())

    def begins_with(self, mark: Mark) -> bool:
        """Whether the file is what it was at this mark, or has grown since."""
        return mark.bytes >= 0 and self._until(mark).hexdigest() == mark.sha256

    def _until(self, mark: Mark, keep: list[bytes] | None = None) -> Any:
        """The digest of what lies before a mark, which is put into `keep`."""
        found, left = hashlib.sha256(), mark.bytes
        try:
            with open_plain(self.path) as file:
                while left and (piece := file.read(min(left, PIECE))):
                    left -= len(piece)
                    found.update(piece)
                    if keep is not None:
                        keep.append(piece)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise cannot_read(self.path, error) from None
        return found

    def rewind(self, mark: Mark) -> None:
        """Drop what lies after a mark: it will be written again."""
        kept: list[bytes] = []
        self.hash = self._until(mark, kept)
        self.count, self.size = mark.rows, mark.bytes
        if self.path.exists() and os.path.getsize(self.path) > mark.bytes:
            write_atomically(self.path, b"".join(kept))


def asked(config: dict[str, Any]) -> str:
    """The digest of what decides a run's numbers, but for its number of steps, which may grow."""
    recipe = {name: value for name, value in config.get("recipe", {}).items() if name != "steps"}
    return digest([config["paper"], config.get("preset"), config.get("data_sha256"), recipe])


class RunFolder:
    """One training run on disk. What the seed decides is in metrics.jsonl, what the clock says in times.jsonl."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.metrics = Rows(self.path / "metrics.jsonl", shapes.Numbers)
        self.times = Rows(self.path / "times.jsonl", shapes.Time)
        self.diagnostics = Rows(self.path / "diagnostics.jsonl", shapes.Health)
        self.checkpoints = self.path / "checkpoints"
        self.figures = self.path / "figures"

    @property
    def rows(self) -> dict[str, Rows]:
        """All that grows, by the file's name."""
        return {rows.path.name: rows for rows in (self.metrics, self.times, self.diagnostics)}

    def create(self, config: dict[str, Any]) -> None:
        """Make the folder; one that already holds something is never written over."""
        if self.path.exists() and (
            not self.path.is_dir() or any(not path.name.startswith(".") for path in self.path.iterdir())
        ):
            raise UserError(
                f"{self.path} already exists; choose another --out, or continue it with --resume {self.path}."
            )
        self.refuse_links()
        write_json(self.path / "config.json", config)

    @property
    def config(self) -> dict[str, Any]:
        """What was asked for: paper, preset, recipe, seed, versions, command."""
        return read_json(self.path / "config.json", shapes.Config)

    @property
    def result(self) -> dict[str, Any] | None:
        """What came out, or None while the run is unfinished."""
        path = self.path / "result.json"
        if not os.path.lexists(path):
            return None
        content = read_json(path, dict[str, Any], REPEAT)
        shape = shapes.Measured if "experiment" in content else shapes.Result
        return read_json(path, shape, REPEAT)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Write here alone: nothing leads elsewhere, no other process trains here, and what a killed one left is gone.

        The system lets go of the lock when the process ends, however it ends. Raises UserError.
        """
        from filelock import FileLock, Timeout

        self.refuse_links()
        lock = FileLock(self.path / ".lock", timeout=0)
        try:
            lock.acquire()
            self._sweep()
        except Timeout:
            raise UserError(
                f"{self.path} is being trained by another process: wait until that has ended, or stop it."
            ) from None
        except (OSError, NotImplementedError):  # some network file systems have no locks
            pass
        try:
            yield
        finally:
            lock.release()

    def _sweep(self) -> None:
        """Take away what a killed process was writing; the lock says that none is writing now."""
        for place in (self.path, self.checkpoints, self.figures):
            for path in place.glob(".*.partial"):
                if re.fullmatch(r"\..+\.\d+\.partial", path.name):
                    path.unlink(missing_ok=True)

    def refuse_links(self) -> None:
        """Raise UserError where writing here would write elsewhere: the folder may be a stranger's."""
        for place in (self.path, self.checkpoints, self.figures, self.path / "tensorboard"):
            if not place.is_dir():
                continue
            try:
                with os.scandir(place) as entries:
                    found = [(entry.path, wrong) for entry in entries if (wrong := _wrong(entry))]
                for path, wrong in found:
                    raise UserError(f"{path} is {wrong}: nothing is written to {self.path} as long as it is.")
            except OSError as error:
                raise UserError(f"{place} cannot be read: {error.strerror}.") from None


def _wrong(entry: os.DirEntry) -> str:
    """What of a run folder's entry is not as we write it; empty if nothing is."""
    facts = entry.stat(follow_symlinks=False)
    folder = entry.name in ("checkpoints", "figures", "tensorboard")
    if stat.S_ISLNK(facts.st_mode):
        return f"a link to {os.readlink(entry.path)}"
    if stat.S_ISDIR(facts.st_mode):
        ours = (".json", ".jsonl", ".safetensors", ".png", ".wav", ".lock", ".partial")
        return "a folder, not a file" if entry.name.endswith(ours) else ""
    if folder:
        return "a file, not a folder"
    if not stat.S_ISREG(facts.st_mode):
        return "no plain file"
    return "a file that has another name elsewhere, too (a hard link)" if facts.st_nlink > 1 else ""
