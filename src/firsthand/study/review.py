"""Spaced repetition of the notes' questions: FSRS says when each is asked again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from firsthand.errors import UserError
from firsthand.study.journal import Journal, Reviewed
from firsthand.study.notes import Question


@dataclass(frozen=True)
class Due:
    """One question whose day has come."""

    paper: str
    question: Question
    since: date | None  # the day on which it was due; None for one that was never asked


@cache
def scheduler() -> Any:
    """FSRS with whole days between two answers, and nothing left to chance."""
    import fsrs

    return fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def odd(journal: Journal, name: str) -> UserError:
    """The error for a question's state that no command wrote."""
    path = journal.folder / "reviews.json"
    return UserError(f"{path}: the card of '{name}' cannot be understood: take its entry away.")


def state(journal: Journal, found: Mapping[str, Any], name: str) -> Any:
    """A question's state; a fresh one where it was never asked. Raises UserError for one that no command wrote."""
    import fsrs

    if name not in found:
        return fsrs.Card(card_id=1)
    try:
        return fsrs.Card.from_dict(found[name]["card"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise odd(journal, name) from None


def due(journal: Journal, day: date) -> list[Due]:
    """The questions whose day has come, the longest waiting first, and then those that were never asked."""
    found = journal.load("reviews.json", dict[str, Reviewed])
    rows = []
    for paper, note in journal.all_written().items():
        for question in note.questions:
            asked = question.id in found
            since = local(state(journal, found, question.id).due) if asked else None
            if since is None or since <= day:
                rows.append(Due(paper, question, since))
    return sorted(rows, key=lambda row: (row.since is None, row.since or day))


def local(moment: datetime) -> date:
    """The day of a moment, here."""
    return moment.astimezone().date()


def answer(journal: Journal, question: Question, grade: int, now: datetime | None = None) -> date:
    """Note how well a question was known, from 1 again to 4 easy, and say on which day it comes again."""
    import fsrs

    now = now or datetime.now(UTC)
    journal.begin()
    with journal.change("reviews.json", dict[str, Reviewed]) as found:
        card = state(journal, found, question.id)
        try:
            card, log = scheduler().review_card(card, fsrs.Rating(grade), now)
        except (ArithmeticError, AssertionError, TypeError, ValueError):
            raise odd(journal, question.id) from None
        row = found.setdefault(question.id, {"card": {}, "log": []})
        row["card"] = card.to_dict()
        row["log"].append({"grade": int(log.rating), "at": log.review_datetime.isoformat()})
    return local(card.due)
