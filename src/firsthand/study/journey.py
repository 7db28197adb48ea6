"""The reading journey: twelve weeks that hold every paper once, and other paths through them."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from firsthand.bounds import whole
from firsthand.errors import unknown

JOURNEY = "journey"  # the name of the path that goes through all twelve weeks


@dataclass(frozen=True)
class Week:
    """What is read in one week."""

    number: int  # from 1
    title: str
    papers: tuple[str, ...]  # keys, in the order to read them
    parts: dict[str, str]  # of a paper that part which is read, where it is not all of it
    about: str
    question: str  # to meet over
    links: tuple[str, ...]  # for the week, each of them in resources.md

    def part(self, key: str) -> str:
        """What to read of a paper; nothing for all of it."""
        return self.parts.get(key, "")


@cache
def content() -> tuple[tuple[Week, ...], dict[str, tuple[str, ...]]]:
    """The weeks and the paths of journey.toml."""
    found = tomllib.loads((Path(__file__).parent / "journey.toml").read_text(encoding="utf-8"))
    made = tuple(
        Week(
            number, row["title"], tuple(row["papers"]), row.get("parts", {}), in_a_line(row["about"]),
            in_a_line(row["question"]), tuple(row["links"]),
        )
        for number, row in enumerate(found["week"], 1)
    )  # fmt: skip
    return made, {name: tuple(papers) for name, papers in found["paths"].items()}


def in_a_line(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def weeks() -> tuple[Week, ...]:
    """All weeks, in order."""
    return content()[0]


def week(number: int) -> Week:
    """One week; raises UserError for a number that is none."""
    whole("The week", number, f"[1, {len(weeks())}]")
    return weeks()[number - 1]


def week_of(key: str) -> Week | None:
    """The week in which a paper is read; None for a paper of the reader's own."""
    return next((one for one in weeks() if key in one.papers), None)


def paths() -> dict[str, tuple[str, ...]]:
    """The paths by name, `journey` first: papers in the order in which each makes the next one easy."""
    return {JOURNEY: tuple(key for one in weeks() for key in one.papers)} | content()[1]


def path(words: str | Sequence[str]) -> str:
    """The name of a path, however many words it has; an unknown one is an error that names the nearest."""
    name = words if isinstance(words, str) else " ".join(words)
    found = [one for one in paths() if one == name.lower() or one.split()[0] == name.lower()]
    if not found:
        raise unknown("path", name, paths())
    return found[0]
