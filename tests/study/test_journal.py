"""The reader's folder: what is written stays, whatever a hand, a crash or another command does to it."""

import errno
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from firsthand import papers
from firsthand.errors import UserError
from firsthand.study import journal as module
from firsthand.study import notes
from firsthand.study.journal import Journal, Read, Settings
from firsthand.study.notes import HEADINGS, Question, added, questions, with_question


def day(monkeypatch, text: str) -> None:
    """Let it be this day."""
    monkeypatch.setattr(module, "today", lambda: date.fromisoformat(text))


def test_nothing_is_written_by_looking(journal):
    assert (
        journal.week == 1 and journal.next()[0].key == "backprop" and journal.own == {} and journal.all_written() == {}
    )
    assert not journal.folder.exists() and not journal.begun


@pytest.mark.parametrize(
    ("today", "pace", "week"),
    [("2026-11-29", 7, 0), ("2026-11-30", 7, 1), ("2026-12-06", 7, 1), ("2026-12-07", 7, 2), ("2027-02-21", 7, 12),
     ("2027-02-22", 7, 13), ("2030-01-01", 7, 13), ("2026-12-03", 1, 4), ("2026-12-14", 14, 2)],
)  # fmt: skip
def test_the_week_by_the_calendar(journal, monkeypatch, today, pace, week):
    day(monkeypatch, today)
    journal.begin(start="2026-11-30", pace=pace)
    assert journal.week == week
    assert journal.monday(3) == date(2026, 11, 30) + timedelta(days=2 * pace)


def test_passes_and_what_is_next(journal, monkeypatch):
    day(monkeypatch, "2026-12-01")
    text = journal.text("backprop")
    assert journal.tick(text, 1) and not journal.tick(text, 1)
    assert journal.next()[1] == 2 and journal.done(text) == {1: "2026-12-01"}
    journal.tick(text, 2)
    assert journal.next()[0].key == "survey" and journal.next()[1] == 1
    day(monkeypatch, "2026-12-09")
    journal.tick(text, 2)
    assert journal.done(text)[2] == "2026-12-01", "the first day counts"
    assert journal.tick(text, 2, undo=True) and journal.done(text) == {1: "2026-12-01"}
    journal.begin(path="optimisers")
    assert journal.next()[0].key == "momentum"
    for key in journal.order:
        journal.tick(journal.text(key), 3)
    assert journal.next() is None


def test_without_a_network_there_are_three_passes(journal):
    with pytest.raises(UserError, match="survey has no network to rebuild"):
        journal.tick(journal.text("survey"), 4)
    with pytest.raises(UserError, match="one of 1, 2, 3, 4, not 5"):
        journal.tick(journal.text("lenet"), 5)
    assert list(journal.text("survey").passes) == [1, 2, 3]


def test_the_exercise_ticks_the_fourth_pass(journal, monkeypatch):
    """When all of its steps are right; without an exercise, when the claims were measured."""
    steps = {step.name: {"passed": f"2026-12-0{number}"} for number, step in
             enumerate(papers.get("lstm").exercise.steps, 1)}  # fmt: skip
    rebuild = journal.folder.parent / "rebuild"
    rebuild.mkdir()
    first = next(iter(steps))
    for wrong in ({}, {"lstm": steps | {first: {"passed": ""}}}, {"lstm": {first: steps[first]}}, []):
        (rebuild / "progress.json").write_text(json.dumps(wrong))
        assert journal.done(journal.text("lstm")) == {}
    (rebuild / "progress.json").write_text(json.dumps({"lstm": steps}))
    assert journal.done(journal.text("lstm")) == {4: f"2026-12-0{len(steps)}"}
    assert journal.done(journal.text("adam")) == {}
    results = journal.folder.parent / "runs" / "results"
    results.mkdir(parents=True)
    (results / "resnet.json").write_text("{}")
    (results / "lstm.json").write_text("{}")
    assert journal.done(journal.text("resnet")) == {}
    monkeypatch.setattr(papers, "exercises", lambda: ("lstm",))
    assert list(journal.done(journal.text("resnet"))) == [4]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("journal.json", "", "cannot be understood"),
        ("journal.json", '{"start": "2026-1', "cannot be understood"),
        ("journal.json", "[1]", "cannot be understood"),
        ("journal.json", '{"start": "yesterday"}', '"start" must be a day'),
        ("journal.json", '{"start": 5}', "start takes"),
        ("journal.json", '{"pace": 0}', '"pace" must be'),
        ("journal.json", '{"pace": true}', "pace takes"),
        ("journal.json", '{"path": "visions"}', '"path" must be one of'),
        ("progress.json", '{"lenet": 3}', "lenet takes"),
        ("progress.json", '{"lenet": {"passes": {"1": 7}}}', "takes"),
        ("progress.json", "\x00\xff", "cannot be understood"),
        ("progress.json", "[" * 100_000, "cannot be understood"),
    ],
)
def test_what_a_hand_has_spoilt_is_named_and_kept(journal, name, content, words):
    """One sentence with the file, what is wrong and the way out; nothing is written over it."""
    journal.begin()
    path = journal.folder / name
    path.write_text(content, encoding="latin-1")
    with pytest.raises(UserError, match=words) as error:
        if name == "journal.json":
            journal.settings  # noqa: B018
        journal.next()
    assert name in str(error.value) and str(error.value).count("\n") == 0
    with pytest.raises(UserError):
        journal.tick(journal.text("lenet"), 1)
        journal.settings  # noqa: B018
    assert path.read_text(encoding="latin-1") == content


def test_what_a_hand_has_added_stays(journal):
    journal.begin(pace=5)
    path = journal.folder / "journal.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mood": "curious"}))
    journal.begin(path="vision")
    assert json.loads(path.read_text())["mood"] == "curious" and journal.settings["pace"] == 5
    assert "curious" in (journal.folder / ".backup" / "journal.json").read_text()


def test_a_pass_that_is_none_is_not_shown(journal):
    journal.begin()
    (journal.folder / "progress.json").write_text('{"lenet": {"passes": {"1": "2026-01-01", "9": "x", "two": "y"}}}')
    assert journal.done(journal.text("lenet")) == {1: "2026-01-01"}


def test_two_commands_at_once_lose_nothing(journal):
    """Each adds its own; processes, as they are on a command line."""
    code = (
        "import sys; from pathlib import Path; from firsthand.study.journal import Journal\n"
        "mine, keys = Journal(Path(sys.argv[1])), sys.argv[2:]\n"
        "for key in keys: mine.tick(mine.text(key), 1)\n"
    )
    halves = papers.keys()[:16], papers.keys()[16:]
    running = [subprocess.Popen([sys.executable, "-c", code, str(journal.folder), *keys]) for keys in halves]
    assert [process.wait(120) for process in running] == [0, 0]
    assert set(journal.load("progress.json", dict[str, Read])) == set(papers.keys())


def test_questions_from_several_threads(journal):
    text = journal.text("lenet")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: journal.change_note(text, lambda old: with_question(old, f"Why {n}?", "")), range(12)))
    assert {one.text for one in journal.written("lenet").questions} == {f"Why {n}?" for n in range(12)}
    assert len({one.id for one in journal.written("lenet").questions}) == 12


def test_who_waits_too_long_is_told(journal, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    with journal.lock(), pytest.raises(UserError, match=r"Another command is writing in .*journal"):
        Journal(journal.folder).begin()


def test_a_place_without_locks(journal, monkeypatch):
    """What filelock raises on some network file systems is told in a sentence."""

    def refuse(*_):
        raise NotImplementedError

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(UserError, match=r"journal cannot be locked: choose another place with --journal"):
        journal.begin()


def test_a_command_that_was_killed_leaves_the_old_or_the_new(journal):
    """Killed at any moment, no file is half, and the next command works."""
    journal.begin()
    code = (
        "import sys; from pathlib import Path; from firsthand.study.journal import Journal\n"
        "mine = Journal(Path(sys.argv[1])); print('ready', flush=True)\n"
        "while True:\n"
        "    for undo in (False, True): mine.tick(mine.text('lenet'), 1, undo); mine.tick(mine.text('lstm'), 1, undo)\n"
    )
    for pause in (0.01, 0.05, 0.09):
        process = subprocess.Popen([sys.executable, "-c", code, str(journal.folder)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(pause)
        process.kill()
        process.wait()
        process.stdout.close()
        journal.load("progress.json", dict[str, Read])
    journal.tick(journal.text("adam"), 1)
    assert 1 in journal.done(journal.text("adam"))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_cannot_be_written(journal, monkeypatch, number):
    """Reading works; writing is refused in one sentence that names the option."""
    journal.open_note(journal.text("lenet"))

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    before = journal.note("lenet").read_bytes()
    with pytest.raises(UserError, match=r"Cannot write .*choose another place with --journal"):
        journal.change_note(journal.text("lenet"), lambda old: old + "x")
    assert journal.note("lenet").read_bytes() == before and journal.week == 1
    assert not list(journal.folder.rglob("*.partial"))
    assert not journal.open_note(journal.text("lenet"))


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "journal").write_text("mine")
    with pytest.raises(UserError, match="--journal"):
        Journal(tmp_path / "journal").begin()
    assert (tmp_path / "journal").read_text() == "mine"


def test_every_version_of_a_note_is_kept(journal):
    text = journal.text("lenet")
    journal.open_note(text)
    versions = [journal.note("lenet").read_text()]
    for number in range(3):
        kept = journal.change_note(text, lambda old, number=number: old + f"{number}\n")
        assert kept.read_text() == versions[-1]
        versions.append(journal.note("lenet").read_text())
    assert len(list((journal.folder / ".backup" / "papers").iterdir())) == 3
    assert journal.change_note(text, lambda old: old) is None, "nothing new, nothing kept"


def test_a_note_that_is_a_link_stays_one(journal, tmp_path):
    """As from a vault of Obsidian."""
    journal.begin()
    (journal.folder / "papers").mkdir()
    (tmp_path / "vault.md").write_text("## Questions\n\n- Old?\n")
    journal.note("lenet").symlink_to(tmp_path / "vault.md")
    journal.change_note(journal.text("lenet"), lambda old: with_question(old, "New?", ""))
    assert journal.note("lenet").is_symlink() and "New?" in (tmp_path / "vault.md").read_text()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"caf\xe9", b"a\0b"])
def test_a_note_that_is_no_text(journal, content):
    """It is named, not written over; other notes are read."""
    journal.open_note(journal.text("lenet"))
    journal.open_note(journal.text("adam"))
    journal.note("lenet").write_bytes(content)
    with pytest.raises(UserError, match=r"lenet\.md .*UTF-8"):
        journal.written("lenet")
    with pytest.raises(UserError, match="UTF-8"):
        journal.change_note(journal.text("lenet"), lambda old: old + "x")
    with pytest.warns(match="UTF-8"):
        assert list(journal.all_written()) == ["adam"]
    assert journal.note("lenet").read_bytes() == content


@pytest.mark.parametrize("key", papers.keys())
def test_a_new_note(journal, key):
    """All headings in their order, each with a hint and nothing said; what Obsidian reads is YAML."""
    import yaml

    journal.open_note(journal.text(key))
    text = journal.note(key).read_text()
    lines = text.splitlines()
    wanted = [h for h in HEADINGS if papers.get(key).card.network or h.lstrip("# ") not in
              ("Pass 4: rebuild", "What I had to guess", "Parameters", "Result")]  # fmt: skip
    assert [line for line in lines if line.startswith("##")] == wanted
    assert not any(journal.written(key).sections.values()) and journal.written(key).questions == ()
    facts = yaml.safe_load(text.split("---\n")[1])
    card = papers.get(key).card
    assert facts["title"] == card.title and facts["year"] == card.year and facts["key"] == key
    assert tuple(facts["authors"]) == card.references[0].authors
    for other in card.builds_on:
        assert f"[[{other}]]" in text


def test_what_is_said_under_a_heading(journal):
    """Comments, empty bullets and code are no headings; a reader's own headings count, however they are cased."""
    journal.open_note(journal.text("lenet"))
    path = journal.note("lenet")
    text = path.read_text().replace("### Summary\n", "### Summary\n\nMine.\n```\n## Questions\n- no?\n```\n")
    path.write_text(text.replace("\n", "\r\n") + "\r\n## MY own\r\n\r\n- \r\n\r\n# Last\r\nwords\r\n", newline="")
    note = journal.written("lenet")
    assert note.said("summary").startswith("Mine.") and "no?" in note.said("Summary")
    assert note.said("my OWN") == "" and note.sections["Last"] == "words" and note.questions == ()
    journal.change_note(journal.text("lenet"), lambda old: with_question(old, "Why?", "So.\nOr so."))
    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n"), "line ends stay as they were"
    assert journal.written("lenet").questions[0].answer == "So.\nOr so."


def test_reading_questions():
    text = "\n".join([
        "words before", "- First? ^one", "  Its answer,", "", "  in two lines.", "* Second? :: short", "1. [ ] Third?",
        "- ", "- First copied? ^one", "+ Second? :: short", "- x^2 or x ^2?",
    ])  # fmt: skip
    found = list(questions("k", text))
    assert [one.text for one in found] == ["First?", "Second?", "Third?", "First copied?", "x^2 or x ^2?"]
    assert found[0] == Question("k:one", "First?", "Its answer,\n\nin two lines.")
    assert found[1].answer == "short" and found[1].id != found[3].id != "k:one"
    assert next(questions("k", text.replace("First?", "Reworded?"))).id == "k:one"
    assert next(questions("other", "- Second?")).id != found[1].id


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "## T\n\nnew\n"),
        ("text", "text\n\n## T\n\nnew\n"),
        ("## T\n", "## T\n\nnew\n"),
        ("## T\n- a\n\n\n## Z\nz\n", "## T\n- a\nnew\n\n\n## Z\nz\n"),
        ("## t ##\n- a\n  b\n", "## t ##\n- a\n  b\nnew\n"),
        ("## T\nwords\n# Z", "## T\nwords\n\nnew\n\n# Z\n"),
        ("```\n## T\n```\n", "```\n## T\n```\n\n## T\n\nnew\n"),
    ],
)
def test_adding_to_a_section(before, after):
    assert added(before, "T", ["new"]) == after


@pytest.mark.parametrize("key", ["lenet", "DBLP:conf/nips/X+17", "../../etc/passwd", "..", "a" * 300, "é", "a b", ".x"])
def test_a_note_lies_in_its_folder(journal, key):
    place = journal.note(key)
    assert place.resolve().parent == (journal.folder / "papers").resolve() and len(place.name) < 120
    assert not place.name.startswith(".") and journal.note(key) != journal.note(key + "x")


def test_an_unknown_paper(journal):
    with pytest.raises(UserError, match="did you mean 'lenet'"):
        journal.text("lenett")
    assert notes.file_name("lenet") == "lenet" and Settings(start="x") == {"start": "x"}


def test_where_the_journal_lies_by_default():
    assert module.JOURNAL == Path("journal")
