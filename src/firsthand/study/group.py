"""A reading group: a shared folder, in which every member writes files of their own, and none of another's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from firsthand import papers
from firsthand.errors import UserError, notice
from firsthand.study import journey, notes
from firsthand.study.journal import Journal, today
from firsthand.train.folder import readable_json
from firsthand.typed import parse_json, read_bytes

ROLES = {
    "presenter": "ten minutes of recap, then the method at the board",
    "sceptic": "finds the weakest experiment",
    "historian": "one paper before, one after",
    "engineer": "what is missing to rebuild it",
}
HOUR = ((10, "recap by the presenter"), (20, "the method, at the board"), (20, "the experiments"),
        (10, "what would we test?"))  # fmt: skip
HEADINGS = {"Confusion": "One thing that you did not understand.", "Objection": "One thing that you do not believe."}


class Joined(TypedDict):
    """What a member's own file holds."""

    name: str
    joined: str  # the day, as 2026-11-30


@dataclass(frozen=True)
class Brought:
    """What a member brings to a week's meeting."""

    member: str
    confusion: str
    objection: str


class Group:
    """The shared folder, seen by one member."""

    def __init__(self, journal: Journal):
        self.journal = journal
        plan = journal.settings
        if "group" not in plan or "member" not in plan:
            raise UserError("You are in no reading group yet: `firsthand study group init` begins one, or joins it.")
        self.folder, self.member = journal.folder / plan["group"], plan["member"]
        if not self.folder.is_dir():
            raise UserError(f"The group's folder {self.folder} is away: mount it, or `firsthand study group init`.")

    @property
    def members(self) -> list[str]:
        """Their names, in the order in which they joined; a file that cannot be read is told and left out."""
        found = []
        for path in sorted((self.folder / "members").glob("*.json")):
            try:
                row = parse_json(read_bytes(path), Joined)
                found.append((row["joined"], row["name"]))
            except (FileNotFoundError, ValueError) as error:
                notice(f"{path} cannot be understood ({error}): ask the member to join again.")
        return [name for _, name in sorted(found)] or [self.member]

    def page(self, week: int, member: str | None = None) -> Path:
        """Where a member's words for a week lie."""
        return self.folder / f"week-{week:02}" / f"{plain(member or self.member)}.md"

    def bring(self, week: int, confusion: str, objection: str) -> Path:
        """Write the member's page for a week, or add to it; without words what confused them in their notes."""
        number = journey.week(week).number
        path = self.page(number)
        with self.journal.lock():
            text = notes.decoded(path).replace("\r\n", "\n") if path.exists() else self.blank(number, bool(confusion))
            for title, words in (("Confusion", confusion), ("Objection", objection)):
                if words:
                    text = notes.added(text, title, [f"- {' '.join(words.split())}"])
            self.journal.write(path, text.encode())
        return path

    def blank(self, week: int, given: bool) -> str:
        """A new page."""
        lines = [f"# Week {week}, {self.member}"]
        for title, hint in HEADINGS.items():
            lines += ["", f"## {title}", "", f"<!-- {hint} -->"]
            if title == "Confusion" and not given:
                lines += self.confusions(week)
        return "\n".join(lines) + "\n"

    def confusions(self, week: int) -> list[str]:
        """What confused the member in the week's papers, by their notes."""
        found = []
        for key in journey.week(week).papers:
            said = self.journal.written(key).said("Confusions")
            found += [f"- {key}: {line.lstrip('-*+ ').strip()}" for line in said.splitlines() if line.strip()]
        return found

    def brought(self, week: int) -> list[Brought]:
        """What every member brings; of one who has written nothing yet, nothing."""
        found = []
        for member in self.members:
            try:
                note = notes.read(self.page(week, member), member)
            except UserError as error:
                notice(str(error))
                note = notes.Note({})
            found.append(Brought(member, note.said("Confusion"), note.said("Objection")))
        return found


def init(journal: Journal, folder: Path | None, name: str) -> Path:
    """Begin a group in a folder, or join the one that is there; returns the folder."""
    if not re.search(r"\w", name) or len(name) > 80:
        raise UserError("--name must be a name that the others know, of 80 characters at most.")
    name = " ".join(name.split())
    shared = (journal.folder / "group" if folder is None else folder.expanduser()).absolute()
    if shared.exists() and not shared.is_dir():
        raise UserError(f"{shared} is a file: give the group a folder.")
    mine = shared / "members" / f"{plain(name)}.json"
    if not mine.exists():
        row = {"name": name, "joined": today().isoformat()}
        with journal.lock():
            journal.write(mine, readable_json(row))
    inside = journal.folder.absolute()
    place = shared.relative_to(inside) if shared.is_relative_to(inside) else shared
    journal.begin(group=str(place), member=name)
    return shared


def plain(name: str) -> str:
    """A name as the name of a file."""
    return notes.file_name("-".join(name.lower().split()))


def roles(members: Sequence[str], week: int) -> dict[str, str]:
    """Who has which role: every week the next one, so that after as many weeks as members all had each role once."""
    return {role: members[(week - 1 + number) % len(members)] for number, role in enumerate(ROLES)}


def agenda(group: Group, number: int) -> str:
    """A week's meeting as Markdown: who does what, the hour, and what everyone brings."""
    week = journey.week(number)
    brought = group.brought(number)
    titles = [f"- {papers.get(key).card.title} (`{key}`)" for key in week.papers]
    lines = [f"# Week {number}: {week.title}", "", *titles, "", "## Roles", ""]
    lines += [f"- {role}: {name} ({ROLES[role]})" for role, name in roles(group.members, number).items()]
    lines += ["", "## The hour", "", *(f"- {minutes} minutes: {what}" for minutes, what in HOUR)]
    lines += ["", "## The question", "", week.question]
    for title, field in (("Confusions", "confusion"), ("Objections", "objection")):
        lines += ["", f"## {title}", ""]
        lines += [f"- {one.member}: {inline(getattr(one, field))}" for one in brought if getattr(one, field)]
    if missing := [one.member for one in brought if not (one.confusion and one.objection)]:
        lines += ["", f"Still to come from {', '.join(missing)}: firsthand study group bring {number}"]
    return "\n".join(lines) + "\n"


def inline(text: str) -> str:
    """A few lines, or the entries of a list, as one line."""
    return "; ".join(line.lstrip("-*+ ").strip() for line in text.splitlines() if line.strip())
