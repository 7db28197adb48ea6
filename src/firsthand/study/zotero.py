"""Zotero's own RDF: the one format in which collections, keywords and notes arrive together."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote
from xml.etree import ElementTree

from firsthand.study.export import container, kinds, publisher
from firsthand.study.records import Record

NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "z": "http://www.zotero.org/namespaces/export#",
    "bib": "http://purl.org/net/biblio#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prism": "http://prismstandard.org/namespaces/1.2/basic/",
}
# The class of an entry, and that of what it stands in, by Zotero's kind of entry.
CLASSES = {
    "journalArticle": ("bib:Article", "bib:Journal"),
    "conferencePaper": ("rdf:Description", "bib:Journal"),
    "book": ("bib:Book", ""),
    "bookSection": ("bib:BookSection", "bib:Book"),
    "report": ("bib:Report", ""),
    "thesis": ("bib:Thesis", ""),
    "webpage": ("bib:Document", "z:Website"),
    "document": ("bib:Document", ""),
}
Element = ElementTree.Element


def rdf(records: Sequence[Record]) -> bytes:
    """All records with their notes, and a collection a week."""
    for prefix, uri in NAMES.items():
        ElementTree.register_namespace(prefix, uri)
    root = Element(named("rdf:RDF"))
    for record in records:
        root.append(entry(record))
        root.extend(memos(record))
    for number, (title, members) in enumerate(collections(records).items(), 1):
        part = child(root, "z:Collection", about=f"#collection_{number}")
        child(part, "dc:title", title)
        for record in members:
            child(part, "dcterms:hasPart", resource=place(record))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def named(name: str) -> str:
    """A name with its prefix as ElementTree spells it."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMES[prefix]}}}{local}"


def child(parent: Element, name: str, text: str = "", about: str = "", resource: str = "") -> Element:
    """A new element in another one."""
    new = ElementTree.SubElement(parent, named(name))
    if about:
        new.set(named("rdf:about"), about)
    if resource:
        new.set(named("rdf:resource"), resource)
    if text:
        new.text = sayable(text)
    return new


def sayable(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def place(record: Record, number: int | None = None) -> str:
    """How a record, or one of its notes, is called within the file."""
    return f"#item_{quote(record.item.key, safe='')}" + ("" if number is None else f"_note_{number}")


def entry(record: Record) -> Element:
    """One reference."""
    item, kind = record.item, kinds(record.item)[2]
    above, around = CLASSES[kind]
    new = Element(named(above), {named("rdf:about"): place(record)})
    child(new, "z:itemType", kind)
    holder = new
    if around and (title := container(item)):
        holder = child(child(new, "dcterms:isPartOf"), around)
        child(holder, "dc:title", title)
    for name, value in (("prism:volume", item.get("volume")), ("prism:number", item.get("number", "issue")),
                        ("dc:identifier", f"DOI {item.doi}" if item.doi else "")):  # fmt: skip
        if value:
            child(holder, name, value)
    if series := item.get("series"):
        child(child(child(holder, "dcterms:isPartOf"), "bib:Series"), "dc:title", series)
    if house := publisher(item):
        child(child(child(new, "dc:publisher"), "foaf:Organization"), "foaf:name", house)
    if item.authors:
        people = child(child(new, "bib:authors"), "rdf:Seq")
        for name in item.authors:
            person = child(child(people, "rdf:li"), "foaf:Person")
            child(person, "foaf:surname", " ".join(part for part in (name.von, name.family, name.suffix) if part))
            if name.given:
                child(person, "foaf:givenName", name.given)
    for number in range(len(record.notes)):
        child(new, "dcterms:isReferencedBy", resource=place(record, number))
    for word in record.keywords:
        child(new, "dc:subject", word)
    plain = {
        "dc:title": item.title, "dc:date": str(item.year or ""), "bib:pages": "-".join(item.pages),
        "prism:edition": item.get("edition"), "dc:description": f"Citation Key: {item.key}",
    }  # fmt: skip
    for name, value in plain.items():
        if value:
            child(new, name, value)
    if item.url:
        child(child(child(new, "dc:identifier"), "dcterms:URI"), "rdf:value", item.url)
    return new


def memos(record: Record) -> Iterable[Element]:
    """The notes of a record, a heading each, as Zotero shows them."""
    for number, (title, text) in enumerate(record.notes):
        memo = Element(named("bib:Memo"), {named("rdf:about"): place(record, number)})
        paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
        body = "".join(f"<p>{escape(part).replace(chr(10), '<br/>')}</p>" for part in paragraphs)
        child(memo, "rdf:value", f"<h2>{escape(title)}</h2>{body}")
        yield memo


def collections(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records of each collection, by its name."""
    found: dict[str, list[Record]] = {}
    for record in records:
        for title in record.collections:
            found.setdefault(title, []).append(record)
    return found
