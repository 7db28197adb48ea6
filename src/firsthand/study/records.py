"""What goes into an export: references with the reader's notes, keywords and collections."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from firsthand import papers
from firsthand.study import bibliography, journey
from firsthand.study.bibliography import DOI, Item
from firsthand.study.journal import Journal
from firsthand.study.notes import HEADINGS, QUESTIONS, Note, Question

OWN = "Own papers"  # the collection of what the reader has added


@dataclass(frozen=True)
class Record:
    """One reference, and what the reader made of it."""

    item: Item
    keys: tuple[str, ...]  # of the papers here that it is the source of, mostly one
    collections: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()  # headings with what stands under them
    questions: tuple[Question, ...] = ()


def of_paper(key: str) -> Item:
    """The reference of one of our papers, with a link where its BibTeX has none."""
    return complete(bibliography.of_paper(key)[0], papers.get(key).card.references[0].url)


def complete(item: Item, url: str) -> Item:
    """An entry with the link, and the identifier in it, that it lacks."""
    found = DOI.search(url)
    fields = {"url": url} | item.fields
    if found and not item.doi:
        fields["doi"] = found[1]
    return replace(item, fields=fields)


def records(journal: Journal, week: int | None = None) -> list[Record]:
    """The papers of the journey, or of one week, each reference once, and without a week the reader's own."""
    written = journal.all_written()
    chosen = [(one, key) for one in ([journey.week(week)] if week else journey.weeks()) for key in one.papers]
    found: dict[str, Record] = {}
    for one, key in chosen:
        item, place = of_paper(key), collection(one.number)
        words = (papers.get(key).card.family, f"week {one.number}")
        add(found, Record(item, (key,), (place,), words), written)
    for key, item in ({} if week else journal.own).items():
        add(found, Record(item, (key,), (OWN,), ("own",)), written)
    return list(found.values())


def collection(number: int) -> str:
    """The name of a week's collection."""
    return f"Week {number:02}: {journey.week(number).title}"


def add(found: dict[str, Record], new: Record, written: Mapping[str, Note]) -> None:
    """Add a record with its notes; one of the same reference becomes part of the one before."""
    (key,) = new.keys
    note = written.get(key, Note({}))
    new = replace(new, notes=tuple(own_words(note)), questions=note.questions)
    before = found.get(new.item.key)
    if before is not None:
        joined = {name: tuple(dict.fromkeys(getattr(before, name) + getattr(new, name)))
                  for name in ("keys", "collections", "keywords", "notes", "questions")}  # fmt: skip
        new = replace(before, **joined)
    found[new.item.key] = new


def own_words(note: Note) -> Iterator[tuple[str, str]]:
    """What the reader wrote, heading by heading, but for the questions, which the deck has."""
    for heading in HEADINGS:
        title = heading.lstrip("# ")
        if title != QUESTIONS and note.said(title):
            yield title, note.said(title)
    known = {heading.lstrip("# ").lower() for heading in HEADINGS}
    yield from ((title, text) for title, text in note.sections.items() if text and title.lower() not in known)
