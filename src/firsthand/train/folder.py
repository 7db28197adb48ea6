"""The run folder: config.json, metrics.jsonl, times.jsonl, result.json, checkpoints/ and figures/, all plain files."""

import contextlib
import errno
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firsthand.errors import UserError


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
    write_atomically(path, (json.dumps(finite(content), indent=2, ensure_ascii=False) + "\n").encode(), sync)


def finite(content: Any) -> Any:
    """The content with None for numbers that are not finite, which JSON cannot say."""
    if isinstance(content, dict):
        return {name: finite(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def read_json(path: Path) -> Any:
    """Read a JSON file; a missing or broken one is named."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path.parent} is not a run folder: it has no {path.name}.") from None
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}); delete the run folder and train again.") from None


class Rows:
    """A JSON-lines file that only grows, one flushed row at a time; `rewind` drops what lies after a step."""

    def __init__(self, path: Path):
        self.path = path

    def append(self, row: dict[str, Any]) -> None:
        """Add one row, numbers that are not finite as null; a kill can lose at most this one."""
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(finite(row)) + "\n")
        except OSError as error:
            raise cannot_write(self.path, error) from None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    yield json.loads(line)
                except ValueError:  # the torn last line of a killed run
                    return

    def rewind(self, step: int) -> None:
        """Keep the rows up to and including this step: what lies after the checkpoint will be written again."""
        if self.path.exists():
            kept = [json.dumps(row) + "\n" for row in self if row["step"] <= step]
            write_atomically(self.path, "".join(kept).encode())


class RunFolder:
    """One training run on disk. What the seed decides is in metrics.jsonl, what the clock says in times.jsonl."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.metrics = Rows(self.path / "metrics.jsonl")
        self.times = Rows(self.path / "times.jsonl")
        self.diagnostics = Rows(self.path / "diagnostics.jsonl")
        self.checkpoints = self.path / "checkpoints"
        self.figures = self.path / "figures"

    def create(self, config: dict[str, Any]) -> None:
        """Make the folder; one that already holds something is never written over."""
        if self.path.exists() and (
            not self.path.is_dir() or any(not path.name.startswith(".") for path in self.path.iterdir())
        ):
            raise UserError(
                f"{self.path} already exists; choose another --out, or continue it with --resume {self.path}."
            )
        write_json(self.path / "config.json", config)

    @property
    def config(self) -> dict[str, Any]:
        """What was asked for: paper, preset, recipe, seed, versions, command."""
        return read_json(self.path / "config.json")

    @property
    def result(self) -> dict[str, Any] | None:
        """What came out, or None while the run is unfinished."""
        path = self.path / "result.json"
        return read_json(path) if path.exists() else None
