"""The command `study review`: the questions whose day has come, one after the other."""

import sys
from pathlib import Path

from firsthand.bounds import whole
from firsthand.commands.screen import out, show_json
from firsthand.study.journal import JOURNAL, Journal


def review(*, most: int = 20, journal: Path = JOURNAL, json: bool = False) -> None:
    """Ask the questions of your notes whose day has come; what you know well comes again later.

    Enter shows the answer; then 1 again, 2 hard, 3 good, 4 easy; q ends. Every grade is kept at once.

    Args:
        most: questions asked at most.
        journal: your folder.
        json: print what is due as JSON, and ask nothing.
    """
    from firsthand.study.journal import today
    from firsthand.study.review import answer, due

    whole("--most", most, "[1, 100000]")
    mine = Journal(journal)
    waiting = due(mine, today())
    if json:
        return show_json([{"id": one.question.id, "paper": one.paper, "question": one.question.text,
                           "answer": one.question.answer, "due": one.since} for one in waiting])  # fmt: skip
    if not waiting:
        out.print('Nothing is due. A question comes from your notes, or: firsthand study ask KEY "Why ...?"',
                  markup=False)  # fmt: skip
        return None
    asked = waiting[:most]
    for number, one in enumerate(asked, 1):
        out.print(f"\n[bold]{number} of {len(asked)}[/] · ", end="")
        out.print(f"{one.paper}\n{one.question.text}", markup=False)
        if said("Enter shows the answer, q ends. ") in ("q", None):
            break
        out.print(one.question.answer or f"There is no answer yet: {mine.note(one.paper)}", markup=False)
        if (grade := graded()) is None:
            break
        day = answer(mine, one.question, grade)
        out.print(f"Again on {day.isoformat()}.")
    left = len(due(mine, today()))
    out.print(f"\n{left} left for today." if left else "\nAll done for today.")
    return None


def said(prompt: str) -> str | None:
    """A line that the reader types, in small letters; None when there are no more."""
    out.print(prompt, end="", markup=False)
    sys.stdout.flush()
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        line = "?\n"
    if not line:
        out.print()
    return line.strip().lower() if line else None


def graded() -> int | None:
    """How well it was known, asked until it is one of the grades; None for the end."""
    while True:
        typed = said("How well did you know it? 1 again, 2 hard, 3 good, 4 easy, q ends: ")
        if typed in ("q", None):
            return None
        if typed in ("1", "2", "3", "4"):
            return int(typed)
