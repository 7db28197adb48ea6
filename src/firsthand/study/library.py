"""The reader's own papers: `library.bib`, to which entries are added and from which none is taken away."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from firsthand import papers
from firsthand.errors import UserError
from firsthand.study import bibliography, journey
from firsthand.study.bibliography import Item
from firsthand.study.journal import Journal, today

ADDRESS = r"(?:https?://)?(?:www\.)?arxiv\.org/(?:abs|pdf|html)/"
ARXIV = re.compile(rf"(?i)(?:{ADDRESS}|arxiv:\s*)?{bibliography.NUMBER}(?:\.pdf)?/?")
DOI = re.compile(r"(?i)(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/[^\s{}\"<>\\]+)")
NEEDED = ("title", "author", "year")
Mark = tuple  # of words, by which an entry is known


@dataclass
class Added:
    """What came of adding something."""

    new: list[Item] = field(default_factory=list)
    known: list[str] = field(default_factory=list)  # sentences: what is here already
    problems: list[str] = field(default_factory=list)  # sentences: what is broken, and where

    @property
    def empty(self) -> dict[str, list[str]]:
        """Of each new entry the fields that have to be filled in."""
        found = {item.key: [name for name in NEEDED if not item.get(name)] for item in self.new}
        return {key: names for key, names in found.items() if names}


def add(journal: Journal, source: str, fields: dict[str, str], stdin: str | None = None) -> Added:
    """Add what a word of the command line names: an identifier, a .bib file, or `stdin` for a dash.

    `fields` fills in what an identifier does not say. Raises UserError for a word that is none of these.
    """
    if stdin is not None:
        return add_all(journal, *bibliography.parse(stdin, "standard input"))
    path = Path(source)
    if path.suffix.lower() == ".bib" or path.is_file():
        if not path.exists():
            raise UserError(f"There is no file {source}.")
        return add_all(journal, *bibliography.read(path))
    if found := ARXIV.fullmatch(source.strip()):
        return add_identifier(journal, "arXiv", found[1].lower(), fields)
    if found := DOI.fullmatch(source.strip()):
        return add_identifier(journal, "DOI", found[1].rstrip("."), fields)
    raise UserError(
        f"'{source}' is no paper that could be added: give arXiv:1706.03762, a DOI like 10.1038/nature14539, a .bib "
        "file, or - for BibTeX on standard input."
    )


def add_identifier(journal: Journal, kind: str, name: str, fields: dict[str, str]) -> Added:
    """Add the paper of a number on arXiv or a DOI: as one of our references has it, or as far as the number says."""
    if ours := bibliography.known().get((kind, name.lower())):
        key, number = ours[0]
        if number == 0:
            return Added(known=[here(ours)])
        return add_all(journal, [bibliography.of_paper(key)[number]], [])
    for key, item in journal.own.items():
        if (kind, name.lower()) in bibliography.identifiers(item):
            return Added(known=[f"{kind}:{name} is {key} in {journal.folder / 'library.bib'} already."])
    return add_all(journal, *bibliography.parse(entry(kind, name, fields), "the new entry"))


def here(ours: Sequence[tuple[str, int]]) -> str:
    """The sentence that says where one of our papers is read, or one that we have divided."""
    keys = [key for key, number in ours if number == 0]
    week = journey.week_of(keys[0])
    where = f", week {week.number} of the journey" if week else ""
    return f"That is {' and '.join(keys)}{where}: firsthand read {keys[0]}"


def entry(kind: str, name: str, fields: dict[str, str]) -> str:
    """An entry with what a number says: the link and, on arXiv since 2007 (YYMM.number), the year."""
    year = f"20{name[:2]}" if kind == "arXiv" and re.match(r"\d{4}\.", name) else ""
    key = f"{kind.lower()}-{re.sub(r'[^A-Za-z0-9.-]', '-', name)}"
    title, author = (re.sub(r"(?<!\\)[&%#_]", r"\\\g<0>", fields.get(name, "")) for name in ("title", "author"))
    rows = {"title": title, "author": author, "year": fields.get("year") or year}
    if kind == "arXiv":
        rows |= {"eprint": name, "archivePrefix": "arXiv", "url": f"https://arxiv.org/abs/{name}"}
    else:
        rows |= {"doi": name, "url": f"https://doi.org/{name}"}
    lines = [f"  {field:13} = {{{value}}}" for field, value in rows.items()]
    return "@misc{" + ",\n".join([key, *lines]) + "\n}\n"


def checked(fields: dict[str, str]) -> dict[str, str]:
    """The fields that were given, as BibTeX can hold them; raises UserError for one that would break its entry."""
    for name, value in fields.items():
        depths = list(accumulate((letter == "{") - (letter == "}") for letter in value))
        if min(depths, default=0) < 0 or (depths and depths[-1]) or value.endswith("\\") or "@" in value:
            raise UserError(f"--{name} cannot be written as BibTeX: braces must pair, and @ must not be in it.")
    if (year := fields.get("year", "")) and not (year.isdigit() and 1000 <= int(year) <= today().year + 1):
        raise UserError(f"--year must be a year, got {year}.")
    return fields


def add_all(journal: Journal, items: Sequence[Item], problems: Sequence[str]) -> Added:
    """Add entries to library.bib: those that are new; the file that was is kept in `.backup`."""
    result = Added(problems=list(problems))
    if not items:
        return result
    path = journal.folder / "library.bib"
    journal.begin()
    with journal.lock():
        before = bibliography.text_of(path.read_bytes(), str(path)) if path.exists() else ""
        there: dict[Mark, str] = {}
        for item in bibliography.parse(before, path.name)[0]:
            there |= dict.fromkeys(marks(item), item.key)
        taken, blocks = set(there.values()) | set(re.findall(r"@\w+\s*\{\s*([^,\s]+)", before)), []
        for item in items:
            if same := duplicate(item, there):
                result.known.append(same)
                continue
            renamed = with_key(item, free_key(item.key, taken))
            taken.add(renamed.key)
            there |= dict.fromkeys(marks(renamed), renamed.key)
            blocks.append(renamed.raw)
            result.new.append(renamed)
        if blocks:
            parts = [before.rstrip("\n"), *blocks]
            journal.write(path, ("\n\n".join(part for part in parts if part) + "\n").encode())
    return result


def marks(item: Item) -> set[Mark]:
    """What tells an entry from others: its identifiers, and all its fields together where it has a title."""
    return {*bibliography.identifiers(item), *([tuple(sorted(item.fields.items()))] if item.get("title") else [])}


def duplicate(item: Item, there: Mapping[Mark, str]) -> str:
    """The sentence that says where an entry is already; empty for a new one."""
    for name in bibliography.identifiers(item):
        ours = bibliography.known().get(name, [("", 1)])
        if ours[0][1] == 0:
            return f"{item.key}: {here(ours)}"
    key = next((there[mark] for mark in marks(item) if mark in there), "")
    return f"{item.key} is there already, as {key}." if key else ""


def free_key(key: str, taken: set[str]) -> str:
    """A key that no entry and none of our papers has: the same, or with a number behind it."""
    if key not in taken and key not in papers.folders():
        return key
    return next(name for number in range(2, 10**6) if (name := f"{key}-{number}") not in taken)


def with_key(item: Item, key: str) -> Item:
    """The entry under another key."""
    if key == item.key:
        return item
    raw = re.sub(r"(@\w+\s*[{(]\s*)[^,\s]+", lambda found: found[1] + key, item.raw, count=1)
    return Item(key, item.kind, item.fields, item.authors, raw)
