"""References and notes for other programs: BibTeX, RIS and CSL-JSON; Zotero's RDF and Anki's decks are beside this."""

import json
import re
from collections.abc import Sequence
from typing import Any

from firsthand.study.bibliography import Item, Name
from firsthand.study.records import Record

# What BibTeX's kinds of entries are called elsewhere: in RIS, CSL and Zotero.
KINDS = {
    "article": ("JOUR", "article-journal", "journalArticle"),
    "inproceedings": ("CONF", "paper-conference", "conferencePaper"),
    "conference": ("CONF", "paper-conference", "conferencePaper"),
    "book": ("BOOK", "book", "book"),
    "incollection": ("CHAP", "chapter", "bookSection"),
    "inbook": ("CHAP", "chapter", "bookSection"),
    "techreport": ("RPRT", "report", "report"),
    "report": ("RPRT", "report", "report"),
    "phdthesis": ("THES", "thesis", "thesis"),
    "mastersthesis": ("THES", "thesis", "thesis"),
    "thesis": ("THES", "thesis", "thesis"),
}
PAGE = ("ELEC", "webpage", "webpage")  # any other kind that has a link
OTHER = ("GEN", "document", "document")


def kinds(item: Item) -> tuple[str, str, str]:
    """What this entry's kind is called in RIS, CSL and Zotero."""
    return KINDS.get(item.kind, PAGE if item.url else OTHER)


def container(item: Item) -> str:
    """The journal, the proceedings or the book that it stands in."""
    return item.get("journal", "journaltitle", "booktitle")


def publisher(item: Item) -> str:
    """Who published it, or the institution or school it is from."""
    return item.get("publisher", "institution", "school", "organization")


def bib(records: Sequence[Record]) -> str:
    """BibTeX as it was written, with the keywords."""
    return "\n\n".join(with_keywords(record) for record in records) + "\n"


def with_keywords(record: Record) -> str:
    """An entry with a field for the keywords, where it has none of its own."""
    raw = record.item.raw
    if not record.keywords or "keywords" in record.item.fields or not raw.endswith("}"):
        return raw
    return f"{raw[:-1].rstrip().rstrip(',')},\n  keywords = {{{', '.join(record.keywords)}}}\n}}"


def ris(records: Sequence[Record]) -> str:
    """RIS, with the keywords and the reader's notes, an N1 a heading."""
    return "\r\n".join(line for record in records for line in [*entry(record), ""])


def entry(record: Record) -> list[str]:
    """One entry's lines of RIS."""
    item = record.item
    first, *rest = item.pages or ("",)
    where = "JO" if item.kind == "article" else "T2"
    several = len(record.keys) > 1
    fields = [
        ("ID", item.key), ("TI", item.title), *(("AU", inverted(name)) for name in item.authors),
        ("PY", str(item.year or "")), (where, container(item)), ("VL", item.get("volume")),
        ("IS", item.get("number", "issue")), ("SP", first), ("EP", rest[-1] if rest else ""), ("PB", publisher(item)),
        ("T3", item.get("series")), ("ET", item.get("edition")), ("DO", item.doi), ("UR", item.url),
        *(("KW", word) for word in record.keywords),
        *(("N1", f"{', '.join(record.keys) + ': ' if several else ''}{title}: {text}") for title, text in record.notes),
    ]  # fmt: skip
    lines = [f"{tag}  - {' '.join(str(value).split())}" for tag, value in fields if value]
    return [f"TY  - {kinds(item)[0]}", *lines, "ER  - "]


def inverted(name: Name) -> str:
    """A name with the family's first."""
    family = " ".join(part for part in (name.von, name.family) if part)
    return ", ".join(part for part in (family, name.given, name.suffix) if part)


def csl(records: Sequence[Record]) -> str:
    """CSL-JSON, which pandoc reads."""
    return json.dumps([of_csl(record) for record in records], indent=2, ensure_ascii=False) + "\n"


def of_csl(record: Record) -> dict[str, Any]:
    """One entry of CSL-JSON."""
    item = record.item
    found = {
        "id": item.key, "type": kinds(item)[1], "title": item.title,
        "author": [of_name(name) for name in item.authors],
        "issued": {"date-parts": [[item.year]]} if item.year else None, "container-title": container(item),
        "collection-title": item.get("series"), "volume": item.get("volume"),
        ("number" if kinds(item)[1] == "report" else "issue"): item.get("number", "issue"),
        "page": "-".join(item.pages), "edition": item.get("edition"), "publisher": publisher(item), "DOI": item.doi,
        "URL": item.url, "keyword": ", ".join(record.keywords),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def of_name(name: Name) -> dict[str, str]:
    """A person by parts; an institution as one."""
    if not name.given:
        return {"literal": str(name)} if re.search(r"\s", name.family) else {"family": name.family}
    parts = {"family": name.family, "given": name.given, "non-dropping-particle": name.von, "suffix": name.suffix}
    return {part: value for part, value in parts.items() if value}
