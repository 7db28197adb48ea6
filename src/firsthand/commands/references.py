"""Commands about references: cite, and study's add and export."""

import sys
from pathlib import Path
from typing import Literal

from firsthand import papers
from firsthand.commands.screen import Key, Positional, err, out, show_json, show_table
from firsthand.errors import UserError
from firsthand.study import library
from firsthand.study.journal import JOURNAL, Journal

SUFFIX = {"bib": "bib", "ris": "ris", "csl": "json", "rdf": "rdf", "apkg": "apkg"}


def cite(
    key: Key, /, *, format: Literal["bib", "ris", "csl"] = "bib", all: bool = False, journal: Path = JOURNAL,
    json: bool = False,
) -> None:  # fmt: skip
    """Print a paper's reference, to be pasted or piped: firsthand cite lstm >> thesis.bib

    Args:
        key: the paper, ours or one of yours.
        format: bib is BibTeX, ris goes into Zotero, Mendeley and EndNote, csl is JSON for pandoc.
        all: also the other references that the paper's claims are from.
        journal: your folder, for papers of your own.
        json: the same as --format csl.
    """
    from firsthand.study import bibliography, export
    from firsthand.study.records import Record, complete

    if key in papers.folders():
        cards = papers.get(key).card.references
        items = [complete(item, one.url) for item, one in zip(bibliography.of_paper(key), cards, strict=True)]
    else:
        mine = Journal(journal)
        mine.text(key)  # raises UserError for a paper that is not there
        items = [mine.own[key]]
    records = [Record(item, (key,)) for item in (items if all else items[:1])]
    made = {"bib": export.bib, "ris": export.ris, "csl": export.csl}["csl" if json else format](records)
    print(made.replace("\r\n", "\n"), end="")


def add(
    sources: Positional[tuple[str, ...]] = (), /, *, title: str = "", author: str = "", year: str = "",
    journal: Path = JOURNAL, json: bool = False,
) -> None:  # fmt: skip
    """Add papers of your own: firsthand study add arXiv:1706.03762 | DOI | file.bib | -

    Nothing is fetched. A number that is known here resolves to our paper; of another one an entry is written, and what
    has to be filled in is named. Of a .bib file, or BibTeX on standard input (-), a broken entry is named with its
    line, and the others are added. Without a source the papers that you added are listed.

    Args:
        sources: numbers on arXiv, DOIs, .bib files, or - for standard input.
        title: of the one paper whose number you give.
        author: of that paper, as BibTeX has it: Vaswani, Ashish and Shazeer, Noam
        year: of that paper.
        journal: your folder.
        json: print JSON instead.
    """
    mine = Journal(journal)
    if not sources:
        return listed(mine, json)
    fields = {name: value for name, value in (("title", title), ("author", author), ("year", year)) if value}
    if fields and len(sources) > 1:
        raise UserError("--title, --author and --year are of one paper: give one number.")
    library.checked(fields)
    results = [library.add(mine, source, fields, typed() if source == "-" else None) for source in sources]
    if json:
        show_json([{"new": [item.key for item in one.new], "known": one.known, "problems": one.problems,
                    "empty": one.empty} for one in results])  # fmt: skip
    else:
        for one in results:
            tell(mine, one)
    if any(one.problems for one in results):
        raise SystemExit(2)
    return None


def tell(mine: Journal, one: library.Added) -> None:
    """What came of one source."""
    path = mine.folder / "library.bib"
    for item in one.new:
        out.print(f"{item.key} is in {path}: firsthand read {item.key}", markup=False)
    for key, names in one.empty.items():
        verb = "is" if len(names) == 1 else "are"
        out.print(f"{key}: {', '.join(names)} {verb} empty: fill in {path}", markup=False)
    for sentence in one.known:
        out.print(sentence, markup=False)
    for sentence in one.problems:
        err.print(f"firsthand: {sentence}", markup=False, style="red" if err.is_terminal else None)
    if not (one.new or one.known or one.problems):
        out.print("There is no entry in it.")


def typed() -> str:
    """All of standard input."""
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise UserError(f"Standard input is not UTF-8 text: byte 0x{error.object[error.start]:02x}.") from None


def listed(mine: Journal, json: bool) -> None:
    """The reader's own papers."""
    rows = [{"key": key, "year": str(item.year or ""), "title": item.title} for key, item in mine.own.items()]
    if json:
        return show_json(rows)
    if not rows:
        return out.print("No papers of your own yet: firsthand study add arXiv:... | DOI | file.bib", markup=False)
    from rich.markup import escape

    return show_table([{name: escape(value) for name, value in row.items()} for row in rows])


def export(
    format: Positional[Literal["bib", "ris", "csl", "rdf", "apkg"]], /, *, week: int | None = None,
    out: Path | None = None, journal: Path = JOURNAL, json: bool = False,
) -> None:  # fmt: skip
    """Write references and notes for other programs: firsthand study export rdf --week 2

    Zotero's RDF keeps collections and notes; RIS keeps notes and keywords, for Mendeley and EndNote, too; BibTeX and
    CSL-JSON are for LaTeX and pandoc; apkg is an Anki deck of your questions, which may be imported again and again.

    Args:
        format: bib, ris, csl, rdf or apkg.
        week: only this week's papers; by default all of them, and your own.
        out: the file to write; by default export/ in your journal. What it held before is kept.
        journal: your folder.
        json: print JSON: the file, and how many references, notes and questions are in it.
    """
    from firsthand.study import deck
    from firsthand.study import export as formats
    from firsthand.study.records import records
    from firsthand.study.zotero import rdf

    mine = Journal(journal)
    found = records(mine, week)
    make = {
        "bib": lambda: formats.bib(found).encode(),
        "ris": lambda: formats.ris(found).encode(),
        "csl": lambda: formats.csl(found).encode(),
        "rdf": lambda: rdf(found),
        "apkg": lambda: deck.apkg(found),
    }
    content = make[format]()
    name = "journey" if week is None else f"week-{week:02}"
    path = mine.folder / "export" / f"{name}.{SUFFIX[format]}" if out is None else out
    if path.is_dir():
        raise UserError(f"{path} is a folder: give --out a file in it.")
    if out is None:
        mine.begin()
        with mine.lock():
            kept = mine.write(path, content)
    else:
        kept = mine.write(path, content, beside=True)
    counts = {"references": len(found), "notes": sum(bool(one.notes) for one in found),
              "questions": sum(len(one.questions) for one in found)}  # fmt: skip
    if json:
        return show_json({"file": str(path), "kept": None if kept is None else str(kept), **counts})
    told = f"{path}: references {counts['references']}, with notes {counts['notes']}, questions {counts['questions']}."
    print(told if kept is None else f"{told} What it held is {kept}.")
    return None
