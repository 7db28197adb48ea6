"""The command `study`: where the reader is on the journey, what comes next, and what they did."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.markup import escape

from firsthand.bounds import whole
from firsthand.commands import group, references, review
from firsthand.commands.screen import Key, Positional, WeekNumber, err, out, show_actions, show_json, show_table
from firsthand.errors import UserError, unknown
from firsthand.options import parse
from firsthand.study import journey
from firsthand.study.journal import JOURNAL, PASSES, Journal, Text
from firsthand.study.notes import with_question


def study(words: Sequence[str]) -> None:
    """The reading journey: firsthand study [week|path|start|done|ask|review|add|export|group] ...

    Twelve weeks hold every paper once. Your journal is a plain folder, ./journal unless --journal names another: notes
    in Markdown that Obsidian opens, too, what you have read, questions that come again, papers of your own.
    """
    first, rest = (words[0], words[1:]) if words else ("", [])
    if first in ("-h", "--help", "help"):
        show_actions(study, ACTIONS)
        out.print("\n`firsthand study week --help` explains one of them. Without any:\n", markup=False)
        parse(now, ["--help"], "firsthand study")
    if first and not first.startswith("-"):
        if first not in ACTIONS:
            raise unknown("action", first, ACTIONS, "`firsthand study --help` explains them")
        function = ACTIONS[first]
        return function(rest) if first in OWN_WORDS else parse(function, rest, f"firsthand study {first}")
    return parse(now, words, "firsthand study")


def now(*, journal: Path = JOURNAL, json: bool = False) -> None:
    """Show this week, what comes next, which passes are done, and how many questions are due.

    Args:
        journal: your folder.
        json: print JSON instead.
    """
    mine = Journal(journal)
    facts = standing(mine)
    if json:
        return show_json(facts)
    if not mine.begun:
        titles = [{"week": one.number, "about": one.title, "papers": " ".join(one.papers)} for one in journey.weeks()]
        show_table(titles)
        first = journey.weeks()[0].papers[0]
        out.print(f"\nBegin with `firsthand read {first}`: your journal comes into {mine.folder}/, and week 1 starts "
                  "today.\n`firsthand resources how to read` tells how; `firsthand study path` has other ways through.",
                  markup=False)  # fmt: skip
        return None
    if facts["path"] == journey.JOURNEY:
        show_week(mine, facts["week"])
    else:
        out.print(f"[bold]The path {facts['path']}[/]")
        show_table(rows(mine, mine.order))
    if facts["behind"]:
        out.print(f"\nStill open from earlier weeks: {', '.join(facts['behind'])}")
    show_next(facts)
    return None


def standing(mine: Journal) -> dict[str, Any]:
    """Where the reader is, for people and for programs."""
    from firsthand.study.journal import today
    from firsthand.study.review import due

    plan, week, following = mine.settings, mine.week, mine.next()
    before = [key for one in journey.weeks()[: max(week - 1, 0)] for key in one.papers]
    behind = [key for key in before if not mine.done(mine.text(key)).keys() & {2, 3, 4}]
    chosen = mine.order
    if plan["path"] == journey.JOURNEY:
        chosen = journey.week(week).papers if 1 <= week <= len(journey.weeks()) else ()
    return {
        "journal": str(mine.folder), "begun": mine.begun, "path": plan["path"], "start": plan["start"], "week": week,
        "weeks": len(journey.weeks()), "papers": [facts_of(mine, mine.text(key)) for key in chosen],
        "own": [facts_of(mine, Text.of(item)) for item in mine.own.values()],
        "next": None if following is None else {"paper": following[0].key, "pass": following[1]},
        "due": len(due(mine, today())), "behind": behind if plan["path"] == journey.JOURNEY else [],
    }  # fmt: skip


def facts_of(mine: Journal, text: Text) -> dict[str, Any]:
    """A paper with the passes that are done."""
    note = mine.note(text.key)
    return {"key": text.key, "title": text.title, "year": text.reference.year,
            "passes": {str(number): day for number, day in mine.done(text).items()},
            "note": str(note) if note.exists() else None}  # fmt: skip


def rows(mine: Journal, keys: Sequence[str], part: Callable[[str], str] = lambda key: "") -> list[dict[str, Any]]:
    """A row a paper for people: which passes are done, and whether there is a note."""
    found = []
    for key in keys:
        text = mine.text(key)
        done = mine.done(text)
        passes = " ".join(str(number) if number in done else "·" for number in text.passes)
        title = escape(text.title) + (f" ({part(key)})" if part(key) else "")
        note = "note" if mine.note(key).exists() else ""
        found.append({"paper": key, "year": str(text.reference.year or ""), "passes": passes, "": note, "title": title})
    return found


def show_week(mine: Journal, number: int) -> None:
    """A week with its papers; before and after the journey a sentence."""
    if number < 1:
        return out.print(f"The journey begins on {spelled(mine.monday(1))}.")
    if number > len(journey.weeks()):
        return out.print("The twelve weeks are over; `firsthand study week N` shows each again.")
    week = journey.week(number)
    out.print(f"[bold]Week {number} of {len(journey.weeks())} · {escape(week.title)}[/] (from "
              f"{spelled(mine.monday(number))})\n{escape(week.about)}\n")  # fmt: skip
    return show_table(rows(mine, week.papers, week.part))


def show_next(facts: dict[str, Any]) -> None:
    """What to do now."""
    if facts["own"]:
        out.print(f"\nYour own papers: {', '.join(one['key'] for one in facts['own'])}", markup=False)
    if following := facts["next"]:
        name = PASSES[following["pass"]]
        out.print(f"\nNext: firsthand read {following['paper']} (pass {following['pass']}, {name})", markup=False)
    else:
        out.print("\nAll papers of this path are read; rebuild one: firsthand exercise", markup=False)
    if facts["due"]:
        out.print(f"Questions due: {facts['due']}, firsthand study review", markup=False)


def spelled(day: date) -> str:
    """A day in words."""
    return f"{day.day} {day:%B %Y}"


def week(number: WeekNumber, /, *, journal: Path = JOURNAL, json: bool = False) -> None:
    """Show a week: its papers, links to learn from, and the question to meet over.

    Args:
        number: the week, from 1.
        journal: your folder.
        json: print JSON instead.
    """
    from firsthand.study.resources import about

    one, mine = journey.week(number), Journal(journal)
    links = [{"url": url, "about": about(url)} for url in one.links]
    if json:
        found = [facts_of(mine, mine.text(key)) | {"part": one.part(key)} for key in one.papers]
        return show_json({"week": number, "title": one.title, "about": one.about, "papers": found,
                          "question": one.question, "links": links})  # fmt: skip
    show_week(mine, number)
    if links:
        out.print("\n[bold]To learn from[/]")
    for link in links:
        out.print(f"  {link['url']}\n    {link['about']}", markup=False)
    out.print(f"\n[bold]To meet over[/]\n  {escape(one.question)}")
    return None


def path(name: Positional[tuple[str, ...]] = (), /, *, journal: Path = JOURNAL, json: bool = False) -> None:
    """Show the paths through the papers, or take one: firsthand study path vision

    Args:
        name: vision, sequences, words, optimisers, regularisers, generative models, or journey for the twelve weeks.
        journal: your folder.
        json: print JSON instead.
    """
    mine = Journal(journal)
    if name:
        mine.begin(path=journey.path(name))
    taken = mine.settings["path"]
    if json:
        return show_json({"path": taken, "paths": journey.paths()})
    if name:
        out.print(f"You are on the path {taken}: {', '.join(mine.order)}.")
        return None
    show_table([{"path": one, "papers": "twelve weeks" if one == journey.JOURNEY else " ".join(keys)}
                for one, keys in journey.paths().items()])  # fmt: skip
    out.print(f"\nYou are on the path {taken}; `firsthand study path NAME` takes another.")
    return None


def start(*, on: str | None = None, pace: int | None = None, journal: Path = JOURNAL, json: bool = False) -> None:
    """Begin the journey, or say anew when it begins and how fast it goes.

    Args:
        on: the first day of week 1, as 2026-11-30; by default today, or what it was.
        pace: days that a week of the journey takes; by default 7, or what it was.
        journal: your folder.
        json: print JSON instead.
    """
    mine, fields = Journal(journal), {}
    if on is not None:
        try:
            fields["start"] = date.fromisoformat(on).isoformat()
        except ValueError:
            raise UserError(f"--on must be a day like 2026-11-30, got '{on}'.") from None
    if pace is not None:
        whole("--pace", pace, "[1, 366]")
        fields["pace"] = pace
    mine.begin(**fields)
    plan = mine.settings
    if json:
        return show_json({"journal": str(mine.folder), **plan})
    out.print(f"Week 1 begins on {spelled(mine.monday(1))}, and a week takes {plan['pace']} days: {mine.folder}/",
              markup=False)  # fmt: skip
    return None


def done(
    key: Key, /, *, pass_: Annotated[int, tyro.conf.arg(name="pass")], undo: bool = False, journal: Path = JOURNAL,
    json: bool = False,
) -> None:  # fmt: skip
    """Say that you have made a pass: firsthand study done lenet --pass 2

    The fourth, rebuild, is ticked by itself when all steps of the exercise are right.

    Args:
        key: the paper.
        pass_: 1 bird's eye, 2 content, 3 depth, 4 rebuild.
        undo: you have not.
        journal: your folder.
        json: print JSON instead.
    """
    mine = Journal(journal)
    text = mine.text(key)
    mine.tick(text, pass_, undo)
    if json:
        return show_json(facts_of(mine, text))
    made = ", ".join(f"{number} {PASSES[number]} ({day})" for number, day in mine.done(text).items())
    out.print(f"{key}: {made or 'no pass yet'}", markup=False)
    if not undo and pass_ == 2 and not mine.written(key).said("Summary"):
        out.print(f"Your summary is still empty: {mine.note(key)}", markup=False)
    return None


def ask(
    key: Key, question: Positional[str], /, *, answer: str = "", journal: Path = JOURNAL, json: bool = False
) -> None:
    """Add a question to your note on a paper; `firsthand study review` will ask it again.

    Args:
        key: the paper.
        question: what you want to know, or to know still in a year.
        answer: as far as you know it; you can write it into the note later.
        journal: your folder.
        json: print JSON instead.
    """
    mine = Journal(journal)
    text, words = mine.text(key), " ".join(question.split())
    if not any(letter.isalnum() for letter in words):
        raise UserError('There is no question: firsthand study ask KEY "Why ...?"')
    same = [one for one in mine.written(key).questions if one.text == words]
    if not same:
        mine.change_note(text, lambda before: with_question(before, words, answer))
    found = next((one for one in mine.written(key).questions if one.text == words), None)
    if found is None:
        raise UserError(f"The question is in {mine.note(key)}, but within something that hides it: look there.")
    if json:
        return show_json({"id": found.id, "question": found.text, "answer": found.answer, "new": not same})
    out.print(f"{'It is there already' if same else 'Asked'}: {mine.note(key)}", markup=False)
    if not found.answer:
        err.print("Write its answer under it, indented, when you know it.", markup=False)
    return None


ACTIONS: dict[str, Callable] = {
    "week": week, "path": path, "start": start, "done": done, "ask": ask, "review": review.review,
    "add": references.add, "export": references.export, "group": group.group,
}  # fmt: skip
OWN_WORDS = ("group",)  # those that look at their first word themselves
