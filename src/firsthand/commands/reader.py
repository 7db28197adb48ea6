"""Commands for reading: read (one paper, in passes, beside your own note) and resources (where to learn)."""

import re
from pathlib import Path

from rich.markup import escape

from firsthand import papers
from firsthand.commands.screen import Key, Positional, out, show_json, show_markdown, show_table
from firsthand.errors import UserError, notice
from firsthand.study import journey
from firsthand.study.journal import JOURNAL, Journal, Text

# What to do in each pass, in one line; `firsthand resources how to read` has more.
DO = {
    1: "5 to 10 minutes: title, abstract, introduction, headings, conclusions, references; then the five Cs.",
    2: "up to an hour: figures and tables closely, no proofs; then a summary with its evidence.",
    3: "hours: make the work again in your head, challenge every statement; then its hidden assumptions.",
    4: "write it yourself, count its parameters, run its smallest experiment.",
}


def read(key: Key, /, *, anyway: bool = False, journal: Path = JOURNAL, json: bool = False) -> None:
    """Read a paper in three passes, and rebuild it in a fourth: where it is, what to do, and your own note.

    Our summary opens once yours has text: read, write, then compare.

    Args:
        key: the paper, ours or one of yours.
        anyway: open our summary now.
        journal: your folder; the note is papers/KEY.md in it.
        json: print JSON instead.
    """
    mine = Journal(journal)
    text = mine.text(key)
    new = False
    try:
        new = mine.open_note(text)
    except UserError as error:  # a paper can be read beside a journal that cannot be written
        notice(str(error))
    note, done = mine.written(key), mine.done(text)
    theirs, ours = note.said("Summary"), "" if text.own else summary(key)
    opened = bool(theirs or anyway)
    week = journey.week_of(key)
    if json:
        return show_json({
            "key": key, "title": text.title, "authors": text.reference.authors, "year": text.reference.year,
            "url": text.reference.url, "week": week.number if week else None, "note": str(mine.note(key)),
            "passes": {str(number): done.get(number) for number in text.passes}, "summary": theirs,
            "ours": ours if opened and ours else None, "questions": len(note.questions),
        })  # fmt: skip
    show_head(text, week)
    following = next((number for number in text.passes if number not in done), None)
    for number, name in text.passes.items():
        mark = "[green]✔[/]" if number in done else "→" if number == following else "·"
        out.print(f"  {mark} {number} {name:10} {escape(done[number] if number in done else DO[number])}")
    out.print(f"\nYour note: {mine.note(key)}{' (new)' if new else ''}", markup=False)
    if following:
        out.print(f"Then: firsthand study done {key} --pass {following}", markup=False)
    show_rebuild(text, following)
    show_summaries(text, theirs, ours, opened)
    return None


def summary(key: str) -> str:
    """What is new in a paper, by our notes."""
    return papers.get(key).notes.split("\n## What is new\n")[1].split("\n## ")[0].strip()


def show_head(text: Text, week: journey.Week | None) -> None:
    """What the paper is, and where it lies."""
    reference = text.reference
    out.print(f"[bold]{escape(text.title)}[/]{f' ({reference.year})' if reference.year else ''}")
    out.print(reference.where, markup=False)
    part = f", {week.part(text.key)}" if week and week.part(text.key) else ""
    out.print((f"Week {week.number}{part}; " if week else "") + f"more links: firsthand resources {text.key}\n"
              if not text.own else "", markup=False)  # fmt: skip


def show_rebuild(text: Text, following: int | None) -> None:
    """How to rebuild a paper, where that comes next."""
    if following == 4 and not text.own:
        steps = f"firsthand exercise {text.key}, " if text.key in papers.exercises() else ""
        out.print(f"Rebuild it: {steps}firsthand show {text.key}, firsthand reproduce {text.key}", markup=False)


def show_summaries(text: Text, theirs: str, ours: str, opened: bool) -> None:
    """The reader's summary and ours, one under the other."""
    if text.own:
        return
    if not opened:
        out.print("\nOur summary opens once yours has text; --anyway opens it now.", markup=False)
        return
    if theirs:
        out.print("\n[bold]Your summary[/]")
        show_markdown(theirs)
    out.print("\n[bold]Ours[/]")
    show_markdown(ours)
    out.print(f"\nThe rest: {papers.get(text.key).folder / 'notes.md'}", markup=False)


def resources(topic: Positional[tuple[str, ...]] = (), /, *, json: bool = False) -> None:
    """Show where to learn: by topic, or for one paper: firsthand resources maths, firsthand resources lenet

    Args:
        topic: ML, deep learning, NLP, maths, how to read, what to read, managing papers, ..., or a paper.
        json: print JSON instead.
    """
    from firsthand.study import resources as lists

    if not topic:
        return show_topics(json)
    words = " ".join(topic)
    found = lists.topic(words)
    if found is None and words.lower() not in papers.folders():
        raise lists.missing(words)
    links = found.links if found else lists.of_paper(words.lower())
    if json:
        return show_json({"topic": found.key if found else words.lower(), "text": found.text if found else "",
                          "links": [{"url": link.url, "about": link.about} for link in links]})  # fmt: skip
    if found:
        return show_topic(found.title, found.text)
    for link in links:
        out.print(f"{link.url}\n    {link.about}", markup=False)
    return None


def show_topic(title: str, text: str) -> None:
    """A topic's words, and its links each on a line of its own, which no screen breaks."""
    from firsthand.study.resources import links

    out.print(f"[bold]{escape(title)}[/]\n")
    for part in re.split(r"(^- https?://.*(?:\n(?!- |\n).*)*\n?)", text, flags=re.MULTILINE):
        if part.startswith("- http"):
            (link,) = links(part)
            out.print(f"  {link.url}\n    {link.about}", markup=False)
        elif part.strip():
            show_markdown(part)
            out.print()


def show_topics(json: bool) -> None:
    """All topics."""
    from firsthand.study.resources import topics

    rows = [{"topic": one.key.replace("-", " "), "links": len(one.links)} for one in topics().values()]
    if json:
        return show_json(rows)
    show_table(rows)
    return out.print("\n`firsthand resources TOPIC` shows one; `firsthand resources KEY` what belongs to a paper.")
