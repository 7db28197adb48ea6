"""What is exported, read again by other people's programs, field by field."""

import json
import re
import tempfile
import time
from itertools import count
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from firsthand import papers
from firsthand.errors import UserError
from firsthand.study import bibliography, deck, export, journey
from firsthand.study.library import add_all
from firsthand.study.notes import added, with_question
from firsthand.study.records import Record, records
from firsthand.study.zotero import NAMES, rdf

OWN = r"""
@article{own:1, title = {Fields \& {Waves} <b>of</b> "50\%"}, author = {van der Berg, Ann and {ACME Labs}},
  journal = {J. of X}, volume = 3, number = {4}, pages = {5--67}, year = 2001, doi = {10.1000/x_y}}
@book{own2, title = {A Book}, author = {M{\"u}ller, Jr., J.}, publisher = {House \& Sons}, edition = {2}, year = 1984,
  series = {LNCS}, url = {https://x.org/a?b=1&c=2}}
@techreport{own3, title = {A Report}, author = {{\L}uk, A.}, institution = {Lab}, number = {TR-1}, year = 1999}
@misc{own4, title = {Nothing else}}
"""
SUMMARY = 'It has <tags> & "quotes".\n\nTwo paragraphs,\ntwo lines.\nER  - \nTY  - no'


@pytest.fixture
def found(journal) -> list[Record]:
    """The records of a journal with notes on two halves of a paper, questions, and own papers of every kind."""
    add_all(journal, *bibliography.parse(OWN, "own.bib"))
    for key, words in (("selfattention", SUMMARY), ("transformer", "Half two: é中."), ("own:1", "My own.")):
        journal.change_note(journal.text(key), lambda old, words=words: added(old, "Summary", [words]))
    journal.change_note(journal.text("lenet"), lambda old: with_question(old, "Why <C3> & co?", "So.\nOr so."))
    journal.change_note(journal.text("own2"), lambda old: with_question(old, "What?", ""))
    return records(journal)


def one(found: list[Record], key: str) -> Record:
    """The record of a paper."""
    (record,) = [record for record in found if key in record.keys]
    return record


def named(record: Record) -> list[str]:
    """The authors as `Family, Given` from the card, or by hand: what BibTeX was parsed into is not asked."""
    by_hand = {
        "own:1": ["van der Berg, Ann", "ACME Labs"],
        "own2": ["Müller, J., Jr."],
        "own3": ["Łuk, A."],
        "own4": [],
    }
    if record.keys[0] in by_hand:
        return by_hand[record.keys[0]]
    return list(papers.get(record.keys[0]).card.references[0].authors)


def same_people(given: list[str], record: Record) -> bool:
    """Whether `Family, Given` are the record's authors, in order, particles and accents included."""
    if record.keys[0].startswith("own"):
        return given == named(record)
    turned = [" ".join(reversed(name.split(", "))) for name in given]
    wanted = [re.sub(r"\b(\w+) K\. Srivastava", r"\1 Kumar Srivastava", name) for name in named(record)]
    return [plain(name) for name in turned] == [plain(name) for name in wanted]


def plain(name: str) -> str:
    """Without middle initials, which card and BibTeX may have or not."""
    return re.sub(r"( [A-Z]\.)+", "", name)


def test_records(found):
    """Every reference once; own papers; a divided paper is one record with both notes; a week alone has its own."""
    assert len({record.item.key for record in found}) == len(found)
    assert {key for record in found for key in record.keys} == {*papers.keys(), "own:1", "own2", "own3", "own4"}
    both = one(found, "transformer")
    assert both.keys == ("selfattention", "transformer") and [text for _, text in both.notes] == [
        SUMMARY,
        "Half two: é中.",
    ]
    assert both.collections == ("Week 11: Attention",) and both.keywords == ("sequences", "week 11")
    assert one(found, "own2").collections == ("Own papers",) and one(found, "lenet").notes == ()


def test_a_week(journal):
    assert [record.keys for record in records(journal, 4)] == [("odyssey",), ("bahdanau",), ("vanishing",)]


def test_bibtex(found, needed):
    """All fields of every entry as they were, and the keywords."""
    bibtexparser = needed("bibtexparser")
    library = bibtexparser.parse_string(export.bib(found))
    assert library.failed_blocks == [] and len(library.entries) == len(found)
    for record in found:
        entry = library.entries_dict[record.item.key]
        (before,) = bibtexparser.parse_string(record.item.raw).entries
        wanted = {field.key: field.value for field in before.fields} | {"keywords": ", ".join(record.keywords)}
        assert {field.key: field.value for field in entry.fields} == wanted
        assert entry.entry_type == before.entry_type


def test_keywords_of_ones_own_stay():
    ((item,), _) = bibliography.parse("@misc{a, keywords={mine}}", "x")
    assert export.bib([Record(item, ("a",), keywords=("week 1",))]) == "@misc{a, keywords={mine}}\n"


def test_ris(found, needed):
    """By rispy; notes are N1, and nothing in them can end an entry."""
    rispy: ModuleType = needed("rispy")
    entries = rispy.loads(export.ris(found).replace("\r\n", "\n"))
    assert len(entries) == len(found)
    for entry, record in zip(entries, found, strict=True):
        item = record.item
        assert entry["id"] == item.key and entry["title"] == item.title
        assert int(entry.get("year", 0)) == item.year and entry["type_of_reference"] == export.kinds(item)[0]
        assert same_people(entry.get("authors", []), record)
        assert entry.get("doi", "") == item.doi and entry.get("urls", [""])[0] == item.url
        pages = tuple(entry[name] for name in ("start_page", "end_page") if name in entry)
        assert pages == item.pages and entry.get("keywords", []) == list(record.keywords)
        assert entry.get("journal_name", entry.get("secondary_title", "")) == export.container(item)
        assert entry.get("volume", "") == item.get("volume") and entry.get("number", "") == item.get("number")
        notes = [note.split(": ", 1 + (len(record.keys) > 1))[-1] for note in entry.get("notes", [])]
        assert notes == [" ".join(text.split()) for _, text in record.notes]
    (both,) = [entry for entry in entries if entry["id"] == "vaswani2017attention"]
    assert both["notes"][1] == "selfattention, transformer: Summary: Half two: é中."


def of_parts(person: dict[str, str]) -> str:
    """A name of CSL as `Family, Given`."""
    family = " ".join(person[part] for part in ("non-dropping-particle", "family", "literal") if part in person)
    return ", ".join([family, *(person[part] for part in ("given", "suffix") if part in person)])


def test_csl(found, needed):
    """By citeproc, field by field, and as JSON: names by parts, dates as CSL has them."""
    source = needed("citeproc.source.json")
    content = json.loads(export.csl(found))
    read = source.CiteProcJSON(content)
    kinds = {"article": "article-journal", "inproceedings": "paper-conference", "book": "book", "techreport": "report"}
    for record, row in zip(found, content, strict=True):
        item, entry = record.item, read[record.item.key.lower()]
        assert str(entry.title) == item.title and row["id"] == item.key
        assert row["type"] == kinds.get(item.kind, "webpage" if item.url else "document")
        assert str(entry.type) == row["type"]
        people = [name for name in entry.get("author", [])] if record.item.authors else []
        assert len(people) == len(item.authors)
        assert same_people([of_parts(person) for person in row.get("author", [])], record)
        assert row.get("issued", {"date-parts": [[0]]})["date-parts"] == [[item.year]]
        assert (int(entry.issued.year) if item.year else 0) == item.year
        wanted = {
            "container-title": export.container(item), "volume": item.get("volume"), "page": "-".join(item.pages),
            "DOI": item.doi, "URL": item.url, "publisher": export.publisher(item),
            "keyword": ", ".join(record.keywords),
        }  # fmt: skip
        for name, value in wanted.items():
            assert str(row.get(name, "")) == value
            assert not value or str(entry[name.replace("-", "_")]) == value
        assert row.get("number" if row["type"] == "report" else "issue", "") == item.get("number")


def test_zotero(found, needed):
    """By rdflib: fields, authors in order, notes with their paragraphs, keywords, and a collection a week."""
    rdflib = needed("rdflib")
    graph = rdflib.Graph().parse(data=rdf(found), format="xml", publicID="http://local/")
    space = {prefix: rdflib.Namespace(uri) for prefix, uri in NAMES.items()}
    z, dc, terms, bib, foaf, prism = (space[name] for name in ("z", "dc", "dcterms", "bib", "foaf", "prism"))
    items = {str(graph.value(s, dc.title)): s for s in graph.subjects(z.itemType, None)}
    assert len(items) == len(found)
    for record in found:
        item, node = record.item, items[record.item.title]
        assert str(graph.value(node, z.itemType)) == export.kinds(item)[2]
        assert str(graph.value(node, dc.date) or "") == str(item.year or "")
        assert str(graph.value(node, bib.pages) or "") == "-".join(item.pages)
        holder = graph.value(node, terms.isPartOf) if export.container(item) else node
        if export.container(item):
            assert str(graph.value(holder, dc.title)) == export.container(item)
        assert str(graph.value(holder, prism.volume) or "") == item.get("volume")
        assert str(graph.value(holder, prism.number) or "") == item.get("number")
        marks = [str(mark) for place in {holder, node} for mark in graph.objects(place, dc.identifier)
                 if isinstance(mark, rdflib.Literal)]  # fmt: skip
        assert marks == ([f"DOI {item.doi}"] if item.doi else [])
        links = [str(graph.value(mark, rdflib.RDF.value)) for mark in graph.objects(node, dc.identifier)
                 if not isinstance(mark, rdflib.Literal)]  # fmt: skip
        assert links == ([item.url] if item.url else [])
        house = graph.value(node, dc.publisher)
        assert (str(graph.value(house, foaf.name)) if house else "") == export.publisher(item)
        people = graph.value(node, bib.authors)
        order = list(rdflib.graph.Seq(graph, people)) if people else []
        given = [", ".join(str(part) for part in (graph.value(p, foaf.surname), graph.value(p, foaf.givenName)) if part)
                 for p in order]  # fmt: skip
        assert given == ["Müller Jr., J."] if item.key == "own2" else same_people(given, record)
        assert {str(word) for word in graph.objects(node, dc.subject)} == set(record.keywords)
        memos = list(graph.objects(node, terms.isReferencedBy))
        assert all((memo, rdflib.RDF.type, bib.Memo) in graph for memo in memos)
        texts = sorted(str(graph.value(memo, rdflib.RDF.value)) for memo in memos)
        assert [text_of(text) for text in texts] == sorted(f"{title}\n{text}" for title, text in record.notes)
    groups = {}
    for group in graph.subjects(rdflib.RDF.type, z.Collection):
        members = graph.objects(group, terms.hasPart)
        groups[str(graph.value(group, dc.title))] = {str(graph.value(part, dc.title)) for part in members}
    assert len(groups) == 13
    for week in journey.weeks():
        titles = {one(found, key).item.title for key in week.papers}
        assert groups[f"Week {week.number:02}: {week.title}"] == titles
    assert groups["Own papers"] == {one(found, key).item.title for key in ("own:1", "own2", "own3", "own4")}


def text_of(page: str) -> str:
    """The words of a note's HTML, as a browser shows them."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        text = ""

        def handle_data(self, data: str) -> None:
            self.text += data

        def handle_starttag(self, tag: str, attrs: list) -> None:
            self.text += {"br": "\n", "p": "\n\n" if "\n" in self.text else "\n"}.get(tag, "")

    reader = Reader()
    reader.feed(page)
    return reader.text


def test_xml_can_hold_what_a_note_holds(journal, needed):
    """Control characters and lone surrogates have no place in XML; the rest stays."""
    rdflib = needed("rdflib")
    item = bibliography.of_paper("lenet")[0]
    data = rdf([Record(item, ("lenet",), notes=(("Summary", "a\x0bb\x1fc\ud800d é😀"),))])
    graph = rdflib.Graph().parse(data=data, format="xml")
    (memo,) = graph.subjects(rdflib.RDF.type, rdflib.URIRef(NAMES["bib"] + "Memo"))
    assert "abcd é😀" in str(graph.value(memo, rdflib.RDF.value))


def test_a_deck(found, journal, needed, monkeypatch):
    """By Anki itself: imported twice there is nothing twice, and what was written later renews the card."""
    package = needed("genanki.package")
    clock = count(time.time(), 10)  # each deck is written ten seconds after the one before: Anki takes what is newer
    monkeypatch.setattr(package, "time", SimpleNamespace(time=lambda: next(clock)))
    anki = needed("anki.collection")
    with tempfile.TemporaryDirectory() as folder:
        collection = anki.Collection(str(Path(folder) / "collection.anki2"))
        try:

            def bring() -> dict[str, list[str]]:
                path = Path(folder) / "deck.apkg"
                path.write_bytes(deck.apkg(records(journal)))
                collection.import_anki_package(
                    anki.ImportAnkiPackageRequest(package_path=str(path), options=anki.ImportAnkiPackageOptions())
                )
                notes = [collection.get_note(number) for number in collection.find_notes("deck:firsthand")]
                return {note.fields[0]: [*note.fields[1:], *sorted(note.tags)] for note in notes}

            title = papers.get("lenet").card.title
            wanted = {
                "Why &lt;C3&gt; &amp; co?": ["So.<br>Or so.", title, "lenet", "vision", "week-2"],
                "What?": ["", "A Book", "own", "own2"],
            }
            assert bring() == wanted and bring() == wanted
            assert len(collection.find_cards("")) == 2
            (card,) = [number for number in collection.find_cards("tag:lenet")]
            before = collection.get_card(card).id
            journal.change_note(journal.text("lenet"), lambda old: old.replace("So.", "Because."))
            journal.change_note(journal.text("lenet"), lambda old: old.replace("Why <C3>", "How <C3>"))
            renewed = bring()
            assert renewed.keys() == {"How &lt;C3&gt; &amp; co?", "What?"} and len(collection.find_cards("")) == 2
            assert renewed["How &lt;C3&gt; &amp; co?"][0] == "Because.<br>Or so."
            assert collection.get_card(card).id == before
        finally:
            collection.close()


def test_no_deck_without_questions(journal):
    with pytest.raises(UserError, match="no question in your notes yet"):
        deck.apkg(records(journal))
