"""Questions come again when FSRS says so; each answer is kept at once."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from firsthand.errors import UserError
from firsthand.study.journal import Reviewed
from firsthand.study.notes import with_question
from firsthand.study.review import answer, due, scheduler

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def asked(journal):
    """A journal with two questions on one paper and one on another."""
    for key, words in (("lenet", "One?"), ("lenet", "Two?"), ("adam", "Three?")):
        journal.change_note(journal.text(key), lambda old, words=words: with_question(old, words, "So."))
    return journal


def test_what_was_never_asked_is_due(asked):
    assert [one.question.text for one in due(asked, date(2000, 1, 1))] == ["One?", "Two?", "Three?"]


def test_a_grade_says_when_it_comes_again(asked):
    """Later the better it was known, in whole days; on that day, whatever the hour, it is due, and leads."""
    question = due(asked, NOON.date())[1].question
    day = answer(asked, question, 3, NOON)
    assert day > NOON.date() and len(due(asked, NOON.date())) == 2
    assert "Two?" not in [one.question.text for one in due(asked, day - timedelta(days=1))]
    assert due(asked, day)[0].question.text == "Two?" and due(asked, day)[0].since == day
    days = []
    for grade in (1, 2, 3, 4):
        path = asked.folder / "reviews.json"
        path.unlink()
        days.append(answer(asked, question, grade, NOON))
    assert days == sorted(days) and days[0] < days[3] and days[0] > NOON.date()


def test_the_days_are_those_of_fsrs(asked):
    """A second reckoning, from the weights of FSRS-6: stability after a first answer is one of them, and at a wanted
    retention of 0.9 a question comes again after about so many days."""
    question = due(asked, NOON.date())[0].question
    first = scheduler().parameters[2]
    assert answer(asked, question, 3, NOON) == (NOON + timedelta(days=round(first))).astimezone().date()


def test_answers_are_kept_with_their_times(asked):
    question = due(asked, NOON.date())[0].question
    answer(asked, question, 1, NOON)
    answer(asked, question, 4, NOON + timedelta(days=2))
    row = asked.load("reviews.json", dict[str, Reviewed])[question.id]
    assert [one["grade"] for one in row["log"]] == [1, 4] and row["log"][0]["at"].startswith("2026-11-30T12:00")


def test_a_question_may_be_reworded(asked):
    """What ends with ^name keeps its place; another question is new."""
    question = due(asked, NOON.date())[0].question
    day = answer(asked, question, 4, NOON)
    asked.change_note(asked.text("lenet"), lambda old: old.replace("One?", "Which one?"))
    assert "Which one?" not in [one.question.text for one in due(asked, NOON.date())]
    assert "Which one?" in [one.question.text for one in due(asked, day)]


@pytest.mark.parametrize(
    "card",
    [{}, {"due": "soon"}, {"card_id": 1, "state": 9, "due": "2026-11-30T12:00:00+00:00"},
     {"card_id": 1, "state": 2, "step": None, "stability": "x", "difficulty": None,
      "due": "2026-11-30T12:00:00+00:00", "last_review": "2026-11-30T12:00:00+00:00"}],
    ids=["empty", "no day", "no state", "no number"],
)  # fmt: skip
def test_a_card_that_no_command_wrote(asked, card):
    """It is named, and stays as it is."""
    question = due(asked, NOON.date())[0].question
    path = asked.folder / "reviews.json"
    path.write_text(json.dumps({question.id: {"card": card, "log": []}}))
    before = path.read_text()
    with pytest.raises(UserError, match="cannot be understood: take its entry away"):
        due(asked, date(2030, 1, 1))
    with pytest.raises(UserError, match="cannot be understood: take its entry away"):
        answer(asked, question, 3, NOON)
    assert path.read_text() == before


def test_a_card_from_which_no_day_follows(asked):
    """It can be read, but lacks what the next answer needs."""
    question = due(asked, NOON.date())[0].question
    card = {"card_id": 1, "state": 2, "step": None, "stability": None, "difficulty": None,
            "due": NOON.isoformat(), "last_review": None}  # fmt: skip
    (asked.folder / "reviews.json").write_text(json.dumps({question.id: {"card": card, "log": []}}))
    assert due(asked, NOON.date())[0].question == question
    with pytest.raises(UserError, match="cannot be understood: take its entry away"):
        answer(asked, question, 3, NOON)
