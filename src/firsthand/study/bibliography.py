"""References: entries of BibTeX read into plain words, those of our papers, and which identifier is whose."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from firsthand import papers
from firsthand.errors import UserError
from firsthand.papers.card import Reference
from firsthand.typed import read_bytes

MOST = 1 << 26  # bytes of a .bib file
AS_IT_IS = ("url", "doi", "eprint", "file", "howpublished")  # fields that are no LaTeX, or that hold links
NUMBER = r"([a-z-]+(?:\.[a-z]{2})?/\d{7}|\d{4}\.\d{4,5})(v\d+)?"  # on arXiv: the number and its version
ARXIV = re.compile(rf"(?i)arxiv[:\s./]*(?:org/)?(?:abs/|pdf/)?{NUMBER}")
DOI = re.compile(r"(?i)\b(10\.\d{4,9}/[^\s{}\"<>]+)")


@dataclass(frozen=True)
class Name:
    """An author, as BibTeX divides a name."""

    family: str  # of an institution, all of it
    given: str = ""
    von: str = ""  # particles in front of the family's name
    suffix: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.given, self.von, self.family, self.suffix) if part)


@dataclass(frozen=True)
class Item:
    """One entry: its fields as plain text, its authors by parts, and the BibTeX it came from."""

    key: str
    kind: str  # article, inproceedings, ...
    fields: dict[str, str]
    authors: tuple[Name, ...]
    raw: str

    def get(self, *names: str) -> str:
        """The first of these fields that is there; an empty text where none is."""
        return next((self.fields[name] for name in names if self.fields.get(name)), "")

    @property
    def title(self) -> str:
        """The title, or the key where there is none yet."""
        return self.get("title") or self.key

    @property
    def year(self) -> int:
        """The year; 0 where there is none."""
        found = re.search(r"\d{4}", self.get("year", "date"))
        return int(found[0]) if found else 0

    @property
    def venue(self) -> str:
        """Where it appeared, in one line."""
        place = self.get("journal", "journaltitle", "booktitle", "publisher", "institution", "school")
        volume, number, pages = self.get("volume"), self.get("number", "issue"), "-".join(self.pages)
        place += f" {volume}" if volume else ""
        place += f"({number})" if volume and number else ""
        return place + (f", {pages}" if pages else "")

    @property
    def pages(self) -> tuple[str, ...]:
        """The first and the last page, or one, or none."""
        return tuple(part.strip() for part in re.split(r"[-–—]+", self.get("pages")) if part.strip())

    @property
    def doi(self) -> str:
        """The digital object identifier, without a resolver's address."""
        found = DOI.search(self.get("doi"))
        return found[1] if found else ""

    @property
    def url(self) -> str:
        """Where it lies, by its own words, by its DOI or by its number on arXiv."""
        link = re.search(r"https?://[^\s{}]+", " ".join((self.get("url"), self.get("howpublished"), self.get("note"))))
        if link:
            return link[0]
        number = next((name for kind, name in identifiers(self) if kind == "arXiv"), "")
        return f"https://doi.org/{self.doi}" if self.doi else f"https://arxiv.org/abs/{number}" if number else ""

    @property
    def reference(self) -> Reference:
        """The same as a card has it."""
        return Reference(self.title, tuple(map(str, self.authors)), self.year, self.venue, self.url)


def identifiers(item: Item) -> Iterator[tuple[str, str]]:
    """The numbers of an entry on arXiv, and its DOI, in small letters."""
    if item.doi:
        yield "DOI", item.doi.lower()
    texts = [item.get(name) for name in ("url", "journal", "note", "howpublished", "doi")]
    if eprint := item.get("eprint"):
        texts.append(eprint if "arxiv" in eprint.lower() else f"arXiv:{eprint}")
    for text in texts:
        yield from (("arXiv", found[1].lower()) for found in ARXIV.finditer(text))


def parse(text: str, name: str) -> tuple[list[Item], list[str]]:
    """The entries of a BibTeX text, and a sentence for each that is broken, with its line in the file `name`."""
    import bibtexparser
    from bibtexparser import middlewares, model

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # it speaks of what we tell in our own words
    stack = [middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    library = bibtexparser.parse_string(text.replace("\r\n", "\n"), append_middleware=stack)
    resolved = without_strings(text, {block.key for block in library.blocks if isinstance(block, model.String)})
    items, problems = [], []
    for block in library.blocks:
        if isinstance(block, model.Entry) and not block.key.strip():
            problems.append(f"{name}, line {line(block)}: {beginning(block)} has no key: give it one.")
        elif isinstance(block, model.Entry):
            items.append(item_of(block, resolved.get(block.key, block.raw.strip())))
        elif isinstance(block, model.DuplicateBlockKeyBlock):
            problems.append(f"{name}, line {line(block)}: the key '{block.key}' is taken already: rename it.")
        elif isinstance(block, model.DuplicateFieldKeyBlock):
            fields = ", ".join(sorted(block.duplicate_keys))
            problems.append(f"{name}, line {line(block)}: an entry has two fields {fields}: take one away.")
        elif isinstance(block, model.ParsingFailedBlock):
            problems.append(f"{name}, line {line(block)}: {beginning(block)} is broken{why(block)}: mend it.")
    return items, problems


def line(block: Any) -> int:
    """The line on which a block begins, from 1."""
    return (block.start_line or 0) + 1


def beginning(block: Any) -> str:
    """How a broken block begins, so that it is found."""
    first = next(iter((block.raw or "").strip().splitlines()), "")
    return f"'{first[:40].strip()}{'...' if len(first) > 40 else ''}'"


def why(block: Any) -> str:
    """What the parser says is wrong, in a few words, where it says so."""
    inner = getattr(block.error, "abort_reason", None) or str(block.error or "")
    words = " ".join(inner.split()).rstrip(".")
    return f" ({words})" if words and len(words) < 200 else ""


def without_strings(text: str, names: set[str]) -> dict[str, str]:
    """Of each entry that uses a @string of its file its BibTeX with the words instead, by its key."""
    import bibtexparser

    if not names:
        return {}
    used = re.compile(rf"[=#]\s*(?:{'|'.join(map(re.escape, names))})\s*[,#}})\n]", re.IGNORECASE)
    found = {}
    for entry in bibtexparser.parse_string(text).entries:
        if used.search(entry.raw):
            found[entry.key] = bibtexparser.write_string(bibtexparser.Library([entry])).strip()
    return found


def item_of(entry: Any, raw: str) -> Item:
    """An entry as plain words: LaTeX's accents and braces resolved, but for links."""
    fields, authors = {}, ()
    for one in entry.fields:
        name, value = one.key.lower(), one.value
        if isinstance(value, list):  # people
            people = tuple(named(part) for part in value)
            people = tuple(person for person in people if str(person) != "others")
            authors = people if name == "author" else authors
            fields[name] = " and ".join(map(str, people))
        else:
            fields[name] = clean(str(value)) if name in AS_IT_IS else plain(str(value))
    return Item(entry.key, entry.entry_type.lower(), fields, authors, raw)


@cache
def decoder() -> Any:
    """What turns LaTeX into text; of a command that it does not know, and that is a name (TeX), the name stays."""
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    known = get_default_latex_context_db()
    known.set_unknown_macro_spec(
        MacroTextSpec("", simplify_repl=lambda node: node.macroname if node.macroname[:1].isupper() else "")
    )
    return LatexNodes2Text(known, math_mode="text")


@lru_cache(maxsize=20_000)  # the same names come again and again
def plain(text: str) -> str:
    """LaTeX as the text that it prints, in one line; text that is no LaTeX stays as it is."""
    if re.search(r"[\\{}$~]|--", text):
        try:
            text = decoder().latex_to_text(re.sub(r"(?<!\\)%", r"\\%", text))
        except Exception:  # whatever somebody wrote
            text = text.replace("{", "").replace("}", "")
    return " ".join(text.split())


def clean(value: str) -> str:
    r"""A link without the \url{} around it, and without the backslashes that only LaTeX needs."""
    return re.sub(r"\\([%_&#~])", r"\1", re.sub(r"\\url\s*\{([^}]*)\}", r"\1", value)).strip()


def named(parts: Any) -> Name:
    """An author in words."""
    first, von, last, suffix = (plain(" ".join(part)) for part in (parts.first, parts.von, parts.last, parts.jr))
    return Name(last, first, von, suffix) if last else Name(first or von)


def read(path: Path) -> tuple[list[Item], list[str]]:
    """The entries of a .bib file, none where there is no file; raises UserError for one that is no text."""
    try:
        content = read_bytes(path, MOST)
    except FileNotFoundError:
        return [], []
    return parse(text_of(content, str(path)), path.name)


def text_of(content: bytes, name: str) -> str:
    """BibTeX as text: UTF-8, or Latin-1, as old files are; raises UserError for what is no text."""
    if b"\0" in content:
        raise UserError(f"{name} is no BibTeX: it holds the character NUL; export it as text.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


@cache
def of_paper(key: str) -> tuple[Item, ...]:
    """The references of one of our papers, the paper itself first."""
    return tuple(parse(papers.get(key).bibtex, f"{key}/references.bib")[0])


@cache
def known() -> dict[tuple[str, str], list[tuple[str, int]]]:
    """Whose an identifier is: keys of our papers, and which of their references, from 0; the main ones lead.

    A paper that another one of ours refers to, by a number that its own references do not say, is known by that, too.
    """
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    every = [(key, number, item) for key in papers.keys() for number, item in enumerate(of_paper(key))]
    every.sort(key=lambda row: row[1] > 0)
    titles = {item.title.lower(): key for key, number, item in reversed(every) if number == 0}
    for key, number, item in every:
        url = papers.get(key).card.references[number].url
        texts = [*identifiers(item), *(("arXiv", m[1].lower()) for m in ARXIV.finditer(url))]
        texts += [("DOI", m[1].lower()) for m in DOI.finditer(url)]
        for name in dict.fromkeys(texts):
            found.setdefault(name, []).append((key, number))
            if number and item.title.lower() in titles:
                found[name].append((titles[item.title.lower()], 0))
    return {name: sorted(dict.fromkeys(places), key=lambda place: place[1] > 0) for name, places in found.items()}
