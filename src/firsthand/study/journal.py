"""The reader's journal, a plain folder: notes, what was read and when, and files of the reader's own library.

Every file is written whole or not at all, and what it held before is kept in `.backup`. Who writes holds the lock, so
that two commands at once lose nothing of each other's; what a hand has added to a file stays in it.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypedDict

from firsthand import papers
from firsthand.errors import UserError, notice, unknown
from firsthand.papers.card import Reference
from firsthand.study import bibliography, journey, notes
from firsthand.study.progress import read as read_rebuilt
from firsthand.train.folder import cannot_write, readable_json, write_atomically
from firsthand.typed import parse_json, read_bytes

JOURNAL = Path("journal")  # where it lies unless --journal says otherwise
PASSES = {1: "bird's eye", 2: "content", 3: "depth", 4: "rebuild"}
PATIENCE = 10.0  # seconds to wait for another command that writes


class Settings(TypedDict, total=False):
    """What journal.json holds."""

    start: str  # the day on which the first week begins, as 2026-11-30
    pace: int  # days a week of the journey takes
    path: str  # which papers in which order: the journey's or one of the other paths
    group: str  # the folder that a reading group shares
    member: str  # the reader's name in the group


class Read(TypedDict, total=False):
    """What progress.json holds of one paper."""

    passes: dict[str, str]  # the day on which a pass was done, by its number


class Reviewed(TypedDict):
    """What reviews.json holds of one question."""

    card: dict[str, Any]  # the scheduler's state
    log: list[dict[str, Any]]  # every answer, with its grade and time


def today() -> date:
    """The day, here."""
    return date.today()


def at_first() -> dict[str, Any]:
    """What journal.json says as long as the reader says nothing else."""
    return {"start": today().isoformat(), "pace": 7, "path": journey.JOURNEY}


@dataclass(frozen=True)
class Text:
    """A paper to be read: one of ours, or one of the reader's own."""

    key: str
    reference: Reference
    own: bool  # whether it is one of library.bib
    rebuilds: bool  # whether there is a network to rebuild

    @property
    def title(self) -> str:
        """The subject of one of our papers, or the title."""
        return self.reference.title if self.own else papers.get(self.key).card.title

    @classmethod
    def of(cls, item: bibliography.Item) -> "Text":
        """One of the reader's own papers."""
        return cls(item.key, item.reference, own=True, rebuilds=True)

    @property
    def passes(self) -> dict[int, str]:
        """The passes there are: without a network there is nothing to rebuild."""
        return {number: name for number, name in PASSES.items() if number < 4 or self.rebuilds}


class Journal:
    """One reader's folder; nothing is written before there is something to keep."""

    def __init__(self, folder: Path):
        self.folder = folder

    @property
    def begun(self) -> bool:
        """Whether there is a journal here."""
        return (self.folder / "journal.json").exists()

    # -- files --------------------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one who writes; raises UserError where the folder cannot be written, or another takes long."""
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=PATIENCE)
            lock.acquire()
        except Timeout:
            raise UserError(f"Another command is writing in {self.folder}: try again when it has ended.") from None
        except OSError as error:
            raise cannot_write(self.folder, error, "--journal") from None
        except NotImplementedError:  # some network file systems have no locks
            raise UserError(f"{self.folder} cannot be locked: choose another place with --journal.") from None
        try:
            yield
        finally:
            lock.release()

    def write(self, path: Path, content: bytes, many: bool = True, beside: bool = False) -> Path | None:
        """Write a file; where it held something else, that is kept, and the place of it returned.

        Every version is kept in a file of its own or, without `many`, only the last one: in `.backup`, or `beside` it.
        """
        path = Path(os.path.realpath(path))  # a note may be a link into a folder of another program
        kept, option = None, "--out" if beside else "--journal"
        try:
            before = path.read_bytes() if path.exists() else None
            if before == content:
                return None
            if before is not None:
                kept = numbered(path) if beside else self.backup(path, many)
                shutil.copy2(path, kept)
        except OSError as error:
            raise cannot_write(path, error, option) from None
        write_atomically(path, content, option=option)
        return kept

    def backup(self, path: Path, many: bool) -> Path:
        """Where the next backup of a file goes; its folder is made."""
        root = Path(os.path.realpath(self.folder))
        place = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
        place = root / ".backup" / place
        place.parent.mkdir(parents=True, exist_ok=True)
        return numbered(place) if many else place

    def load(self, name: str, shape: Any) -> dict[str, Any]:
        """One of the JSON files, checked; empty where there is none. Raises UserError for what no command wrote."""
        path = self.folder / name
        try:
            return parse_json(read_bytes(path), shape)
        except FileNotFoundError:
            return {}
        except UserError:
            raise
        except ValueError as error:
            before = self.folder / ".backup" / name
            other = f", take {before}" if before.exists() else ""
            reason = str(error).rstrip(".")
            raise UserError(f"{path} cannot be understood ({reason}): mend it{other}, or move it away.") from None

    @contextmanager
    def change(self, name: str, shape: Any) -> Iterator[dict[str, Any]]:
        """One of the JSON files to be changed: read and, if nothing is raised, written again under the lock."""
        with self.lock():
            found = self.load(name, shape)
            yield found
            self.write(self.folder / name, readable_json(found), many=False)

    # -- the plan -----------------------------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """journal.json, each field checked; raises UserError for one that cannot be."""
        found = at_first() | self.load("journal.json", Settings)
        try:
            date.fromisoformat(found["start"])
        except ValueError:
            raise self.odd("start", found["start"], "a day like 2026-11-30") from None
        if not 1 <= found["pace"] <= 366:
            raise self.odd("pace", found["pace"], "a number of days from 1 to 366")
        if found["path"] not in journey.paths():
            raise self.odd("path", found["path"], f"one of {', '.join(journey.paths())}")
        return Settings(**found)

    def odd(self, field: str, value: Any, wanted: str) -> UserError:
        """The error for a field that a hand has written."""
        return UserError(f'{self.folder / "journal.json"}: "{field}" must be {wanted}, not {value!r}.')

    def begin(self, **fields: Any) -> None:
        """Write journal.json with these fields, and those that it needs."""
        if fields or not self.begun:
            with self.change("journal.json", Settings) as found:
                found.update(at_first() | found | fields)

    @property
    def order(self) -> tuple[str, ...]:
        """The papers of the path that was chosen, in order."""
        return journey.paths()[self.settings["path"]]

    @property
    def week(self) -> int:
        """The week by the calendar: 1 in the first, 0 and less before, one more than there are when all is over."""
        plan = self.settings
        days = (today() - date.fromisoformat(plan["start"])).days
        return min(days // plan["pace"] + 1, len(journey.weeks()) + 1)

    def monday(self, week: int) -> date:
        """The day on which a week begins."""
        plan = self.settings
        return date.fromisoformat(plan["start"]) + timedelta(days=(week - 1) * plan["pace"])

    # -- papers -------------------------------------------------------------------------------------------------------

    @property
    def own(self) -> dict[str, bibliography.Item]:
        """The reader's own papers by their keys; broken entries of library.bib are told, the others are there."""
        found, problems = bibliography.read(self.folder / "library.bib")
        for problem in problems:
            notice(problem)
        return {item.key: item for item in found if item.key not in papers.folders()}

    def text(self, key: str) -> Text:
        """A paper, ours or the reader's own; an unknown key is an error that names the nearest."""
        if key in papers.folders():
            card = papers.get(key).card
            return Text(key, card.references[0], own=False, rebuilds=card.network is not None)
        own = self.own
        if key not in own:
            raise unknown("paper", key, [*papers.keys(), *own], "`firsthand list` shows ours, `study add` adds yours")
        return Text.of(own[key])

    def note(self, key: str) -> Path:
        """Where the reader's note on a paper lies."""
        return self.folder / "papers" / f"{notes.file_name(key)}.md"

    def written(self, key: str) -> notes.Note:
        """The reader's note on a paper, empty where there is none; raises UserError for one that cannot be read."""
        return notes.read(self.note(key), key)

    def all_written(self) -> dict[str, notes.Note]:
        """All notes by their papers; one that cannot be read is told and left out."""
        found = {}
        for key in [*papers.keys(), *self.own]:
            try:
                if self.note(key).exists():
                    found[key] = self.written(key)
            except UserError as error:
                notice(str(error))
        return found

    def open_note(self, text: Text) -> bool:
        """Write the note's headings where there is no note yet; whether it is new."""
        if self.note(text.key).exists():
            return False
        self.begin()
        with self.lock():
            if self.note(text.key).exists():
                return False
            week = journey.week_of(text.key)
            card = None if text.own else papers.get(text.key).card
            known = card.builds_on if card else ()
            family = card.family if card else "own"
            body = notes.template(text.key, text.reference, text.title, family, week, known, text.rebuilds)
            self.write(self.note(text.key), body.encode())
            return True

    def change_note(self, text: Text, change: Callable[[str], str]) -> Path | None:
        """Change a note's text, with a backup, whose place is returned; the note is made where there is none."""
        self.open_note(text)
        with self.lock():
            before = notes.decoded(self.note(text.key))
            lines = "\r\n" if "\r\n" in before else "\n"
            after = change(before.replace("\r\n", "\n"))
            return self.write(self.note(text.key), after.replace("\n", lines).encode())

    # -- passes -------------------------------------------------------------------------------------------------------

    def done(self, text: Text, read: dict[str, Any] | None = None) -> dict[int, str]:
        """The passes that are done, with their days; the fourth also where the exercise says so."""
        read = self.load("progress.json", dict[str, Read]) if read is None else read
        found = {int(number): day for number, day in read.get(text.key, {}).get("passes", {}).items()
                 if number in map(str, text.passes)}  # fmt: skip
        if 4 in text.passes and 4 not in found and (day := self.rebuilt(text)):
            found[4] = day
        return dict(sorted(found.items()))

    def rebuilt(self, text: Text) -> str:
        """The day on which all steps of the exercise were right or, without one, the claims were measured; or none."""
        if text.own:
            return ""
        beside = self.folder.parent
        if text.key not in papers.exercises():
            with contextlib.suppress(OSError):
                measured = beside / "runs" / "results" / f"{text.key}.json"
                return date.fromtimestamp(measured.stat().st_mtime).isoformat()
            return ""
        try:
            steps = read_rebuilt(beside / "rebuild" / "progress.json").get(text.key, {})
        except (FileNotFoundError, ValueError):
            return ""
        days = [steps[one.name].passed if one.name in steps else "" for one in papers.get(text.key).exercise.steps]
        return max(days) if all(days) else ""

    def tick(self, text: Text, number: int, undo: bool = False) -> bool:
        """Say that a pass is done, or is not; whether that was news."""
        if number not in text.passes:
            reason = f": {text.key} has no network to rebuild" if number == 4 else ""
            raise UserError(f"--pass must be one of {', '.join(map(str, text.passes))}, not {number}{reason}.")
        self.begin()
        with self.change("progress.json", dict[str, Read]) as found:
            passes = found.setdefault(text.key, {}).setdefault("passes", {})
            news = (str(number) in passes) == undo
            if undo:
                passes.pop(str(number), None)
            else:
                passes.setdefault(str(number), today().isoformat())
        return news

    def next(self) -> tuple[Text, int] | None:
        """The first paper of the path whose content is not read, and the pass to make; None when all are."""
        read = self.load("progress.json", dict[str, Read])
        for key in self.order:
            text = self.text(key)
            done = self.done(text, read)
            if not done.keys() & {2, 3, 4}:
                return text, 2 if 1 in done else 1
        return None


def numbered(path: Path) -> Path:
    """The first name that is free, with a number before its suffix."""
    names = (path.with_name(f"{path.stem}.{number}{path.suffix}") for number in range(1, 10**9))
    return next(free for free in names if not free.exists())
