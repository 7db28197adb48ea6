"""An Anki deck of the notes' questions; a question keeps its identity, so that a second import renews the first."""

import tempfile
import warnings
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from firsthand.errors import UserError
from firsthand.study.records import Record

DECK, MODEL = 1_796_013_940, 1_796_013_941  # Anki's numbers for the deck and its kind of cards: the same for ever
STYLE = ".card { font-family: sans-serif; font-size: 20px; text-align: center; } .paper { color: gray; }"


def apkg(records: Sequence[Record]) -> bytes:
    """The package that Anki imports; raises UserError where there is no question, or genanki is not installed."""
    try:
        import genanki
    except ImportError:
        raise UserError("A deck needs genanki: pip install 'firsthand[anki]'.") from None
    asked = [(record, question) for record in records for question in record.questions]
    if not asked:
        raise UserError('There is no question in your notes yet: firsthand study ask KEY "..." adds one.')
    fields = [{"name": "Question"}, {"name": "Answer"}, {"name": "Paper"}]
    face = {"name": "Question", "qfmt": '<div class="paper">{{Paper}}</div>{{Question}}',
            "afmt": "{{FrontSide}}<hr id=answer>{{Answer}}"}  # fmt: skip
    model = genanki.Model(MODEL, "firsthand question", fields=fields, templates=[face], css=STYLE)
    deck = genanki.Deck(DECK, "firsthand", "Questions from the reading journey.")
    for record, question in asked:
        tags = [word.replace(" ", "-") for word in (*record.keywords, *record.keys)]
        texts = [html(question.text), html(question.answer), html(record.item.title)]
        deck.add_note(genanki.Note(model, texts, guid=genanki.guid_for("firsthand", question.id), tags=tags))
    return packed(genanki.Package(deck))


def packed(package: Any) -> bytes:
    """The package's bytes: it can only write itself into a file."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "deck.apkg"
        package.write_to_file(path)
        return path.read_bytes()


def html(text: str) -> str:
    """A text as HTML, line by line."""
    return escape(text).replace("\n", "<br>")
