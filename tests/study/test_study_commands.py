"""The commands of the journey, as a reader calls them: what they print, write, and refuse."""

import io
import json
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from firsthand import papers
from firsthand.cli import main
from firsthand.commands import screen
from firsthand.study import journey, resources


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The journal lies in the current folder unless --journal says otherwise."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def call(capsys, monkeypatch):
    """call("study", "week", 1) runs a command: its exit code, output and complaints; `typed` is its standard input."""

    def run(*words, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = end.code or 0
        else:
            code = 0
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return int(code), out, err

    return run


def test_the_first_evening(call):
    """From nothing to a first paper that is read: look, read, write, compare, tick, be asked."""
    code, out, _ = call("study")
    assert code == 0 and "firsthand read backprop" in out and not Path("journal").exists()
    code, out, _ = call("read", "backprop")
    assert code == 0 and "journal/papers/backprop.md (new)" in out and "opens once yours has text" in out
    assert "hidden units" not in out
    note = Path("journal/papers/backprop.md")
    note.write_text(note.read_text().replace("### Summary\n", "### Summary\n\nErrors go backwards.\n"))
    _, out, _ = call("read", "backprop")
    assert "Errors go backwards." in out and "Ours" in out and "(new)" not in out
    assert "✔" not in out
    assert call("study", "done", "backprop", "--pass", 1)[0] == 0
    _, out, _ = call("study", "done", "backprop", "--pass", 2)
    assert "2 content" in out and "still empty" not in out
    call("study", "ask", "backprop", "Why not local minima?", "--answer", "Extra dimensions.")
    _, out, _ = call("study")
    assert (
        "firsthand read survey (pass 1" in out
        and "Questions due: 1" in out
        and re.search(r"backprop\s+1986\s+1 2 · ·", out)
    )
    code, out, _ = call("study", "review", typed="\nhuh\n3\n")
    assert "Why not local minima?" in out and "Extra dimensions." in out and "Again on" in out and "All done" in out
    assert "Nothing is due" in call("study", "review")[1]


@pytest.mark.parametrize("key", papers.keys())
def test_our_summary_is_whole(call, key, monkeypatch):
    """Every word of it, on a narrow screen, too."""
    monkeypatch.setattr(screen.out, "_width", 70)
    _, out, _ = call("read", key, "--anyway")
    plain = re.sub(r"\]\([^)]*\)|[`*\\]", " ", papers.get(key).notes.split("## What is new\n")[1].split("\n## ")[0])
    assert set(re.findall(r"\b[a-zA-Z]{4,12}\b", plain)) <= set(re.findall(r"\b[a-zA-Z]{4,12}\b", out))


def test_read_anyway_and_as_json(call):
    assert "representation" in call("read", "survey", "--anyway")[1].lower()
    facts = json.loads(call("read", "survey", "--json")[1])
    assert facts["ours"] is None and facts["week"] == 1 and list(facts["passes"]) == ["1", "2", "3"]
    assert Path(facts["note"]).exists()
    assert json.loads(call("read", "survey", "--json", "--anyway")[1])["ours"].startswith("Nothing is proven")


def test_study_as_json(call):
    facts = json.loads(call("study", "--json")[1])
    assert facts["week"] == 1 and facts["next"] == {"paper": "backprop", "pass": 1} and not facts["begun"]
    call("study", "start", "--on", "2000-01-03", "--pace", 10)
    facts = json.loads(call("study", "--json")[1])
    assert (
        facts["begun"] and facts["week"] == 13 and set(facts["behind"]) == set(papers.keys()) and facts["papers"] == []
    )
    _, out, _ = call("study")
    assert "over" in out and "Still open from earlier weeks" in out
    call("study", "start", "--on", "2999-01-01")
    assert "The journey begins on 1 January 2999" in call("study")[1]


@pytest.mark.parametrize("number", range(1, 13))
def test_every_week(call, number):
    code, out, _ = call("study", "week", number)
    week = journey.week(number)
    flat = " ".join(out.split())
    assert code == 0 and all(key in out for key in week.papers) and all(url in out for url in week.links)
    assert week.question in flat and not Path("journal").exists()
    facts = json.loads(call("study", "week", number, "--json")[1])
    assert [paper["key"] for paper in facts["papers"]] == list(week.papers)


def test_paths(call):
    _, out, _ = call("study", "path")
    assert all(name in out for name in journey.paths()) and not Path("journal").exists()
    assert "momentum, adagrad" in call("study", "path", "optimisers")[1]
    _, out, _ = call("study")
    assert "The path optimisers" in out and "firsthand read momentum" in out
    assert json.loads(call("study", "path", "generative", "models", "--json")[1])["path"] == "generative models"


@pytest.mark.parametrize("topic", resources.topics())
def test_every_topic(call, topic, monkeypatch):
    """Each link on a line of its own, whole, on a narrow screen, too."""
    monkeypatch.setattr(screen.out, "_width", 40)
    code, out, _ = call("resources", *topic.split("-"))
    assert code == 0
    shown, text = set(re.findall(r"\w{4,12}", out)), resources.topics()[topic].text
    assert set(re.findall(r"(?<![\w/.-])[a-zA-Z]{4,12}(?![\w/.-])", text)) <= shown, "no word is cut"
    lines = [line.strip() for line in out.splitlines()]
    assert all(link.url in lines for link in resources.topics()[topic].links)
    rows = json.loads(call("resources", topic, "--json")[1])["links"]
    assert [row["url"] for row in rows] == [link.url for link in resources.topics()[topic].links]


def test_resources(call):
    _, out, _ = call("resources")
    assert all(name.replace("-", " ") in out for name in resources.topics())
    _, out, _ = call("resources", "lenet")
    assert "https://ujjwalkarn.me" in out and papers.get("lenet").card.references[0].url in out


@pytest.mark.parametrize("key", papers.keys())
def test_cite(call, key):
    """BibTeX that begins with the paper's own entry; the other forms; all references where they are asked for."""
    first = papers.get(key).bibtex.split("\n\n")[0].strip()
    assert call("cite", key)[1].strip() == first
    assert call("cite", key, "--all")[1].split() == papers.get(key).bibtex.split()
    (csl,) = json.loads(call("cite", key, "--format", "csl")[1])
    assert csl["id"] in first and json.loads(call("cite", key, "--json")[1]) == [csl]
    ris = call("cite", key, "--format", "ris")[1]
    assert ris.startswith("TY  - ") and ris.rstrip("\n").endswith("ER  - ") and "\r" not in ris


def test_own_papers(call):
    Path("my.bib").write_text("@misc{mine, title={Mine [bold]}}\n@misc{b, title={\n")
    code, out, err = call("study", "add", "my.bib", "arXiv:2401.12345")
    assert code == 2 and "mine is in journal/library.bib" in out and "title, author are empty" in out
    assert err.startswith("firsthand: my.bib, line 2: ") and err.count("\n") == 1
    assert call("study", "add", "-", typed="@misc{third, title={T}}")[0] == 0
    assert [row["key"] for row in json.loads(call("study", "add", "--json")[1])] == [
        "mine",
        "arxiv-2401.12345",
        "third",
    ]
    assert "Mine [bold]" in call("study", "add")[1]
    assert "journal/papers/mine.md" in call("read", "mine")[1]
    assert call("study", "done", "mine", "--pass", 4)[0] == 0
    assert call("cite", "mine")[1] == "@misc{mine, title={Mine [bold]}}\n"
    assert "Your own papers: mine" in call("study")[1]


@pytest.mark.parametrize("kind", ["bib", "ris", "csl", "rdf", "apkg"])
def test_export(call, kind):
    """Into the journal, or elsewhere; what a file held before is kept."""
    call("study", "ask", "lenet", "Why?")
    facts = json.loads(call("study", "export", kind, "--week", 2, "--json")[1])
    assert Path(facts["file"]).stat().st_size > 300 and facts["references"] == 3 and facts["questions"] == 1
    Path("mine.x").write_text("precious")
    code, out, _ = call("study", "export", kind, "--out", "mine.x")
    assert code == 0 and "What it held is" in out and Path("mine.1.x").read_text() == "precious"
    assert "references 34" in out


def test_group(call):
    assert "presenter" in " ".join(call("study", "group")[1].split()).lower()
    assert call("study", "group", "init", "shared", "--name", "Ada")[0] == 0
    assert call("study", "group", "init", "shared", "--name", "Bo", "--journal", "bo")[0] == 0
    call("study", "group", "bring", 2, "--confusion", "C3?", "--objection", "No test set.")
    code, out, _ = call("study", "group", "agenda", 2, "--journal", "bo")
    assert code == 0 and "- Ada: C3?" in out and "Still to come from Bo" in out
    assert json.loads(call("study", "group", "agenda", 2, "--json")[1])["roles"]["presenter"] == "Bo"


MISTAKES = {
    "study wek": "There is no action 'wek': did you mean 'week'?",
    "study week": "WEEK is missing",
    "study week x": "WEEK takes a whole number, not 'x'",
    "study week 13": "The week must be at most 12, got 13.",
    "study week 1 2": "'2' is one word too many",
    "study --jsn": "There is no option '--jsn': did you mean '--json'?",
    "study path visoin": "There is no path 'visoin': did you mean 'vision'?",
    "study start --on tomorrow": "--on must be a day like 2026-11-30, got 'tomorrow'.",
    "study start --pace 0": "--pace must be at least 1, got 0.",
    "study done lenet": "--pass",
    "study done lenet --pass 5": "--pass must be one of 1, 2, 3, 4, not 5.",
    "study done survey --pass 4": "survey has no network to rebuild",
    "study done nobody --pass 1": "There is no paper 'nobody'",
    "study ask lenet": "STR is missing",
    "study ask lenet ?!": "There is no question",
    "study review --most 0": "--most must be at least 1",
    "study add nonsense": "is no paper that could be added",
    "study add none.bib": "There is no file none.bib",
    "study add 1 2 --title x": "are of one paper",
    "study export": "is missing",
    "study export word": "There is no value of",
    "study export ris --week 99": "The week must be at most 12, got 99.",
    "study export ris --out .": ". is a folder",
    "study export apkg": "no question in your notes yet",
    "study group agnda 1": "did you mean 'agenda'?",
    "study group agenda 1": "You are in no reading group yet",
    "study group bring 1": "You are in no reading group yet",
    "study group init file": "is a file: give the group a folder",
    "study done lenet --pass 1 --journal file": "choose another place with --journal",
    "read": "KEY is missing",
    "read lenett": "There is no paper 'lenett': did you mean 'lenet'?",
    "study export ris --out file/x": "choose another place with --out",
    "cite nobody": "There is no paper 'nobody'",
    "cite lenet --format doc": "There is no value of --format 'doc'",
    "resources mathss": "There is no topic or paper 'mathss': did you mean 'maths'?",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes(call, words):
    """One sentence on stderr, exit code 2, nothing written."""
    Path("file").write_text("mine")
    code, _, err = call(*words.split())
    assert code == 2 and MISTAKES[words] in err and err.count("\n") == 1 and err.startswith("firsthand: ")
    assert Path("file").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "words"),
    [("journal.json", "study"), ("progress.json", "study"), ("progress.json", "study done lenet --pass 1"),
     ("reviews.json", "study review"), ("journal.json", "study path vision"), ("papers/lenet.md", "read lenet"),
     ("papers/lenet.md", "study ask lenet Why?"), ("library.bib", "study add 2401.12345")],
)  # fmt: skip
@pytest.mark.parametrize("content", [b"\x00\x01", b"\xff{", b"[[[["], ids=["nul", "latin", "brackets"])
def test_nonsense_in_the_journal(call, name, words, content):
    """A sentence with the file's name, or the command copes; what lay there stays or is kept."""
    call("read", "adam")
    path = Path("journal") / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    code, _, err = call(*words.split())
    assert code == 0 or (code == 2 and name.split("/")[-1] in err and err.count("\n") == 1)
    kept = [path, *Path("journal/.backup").rglob(f"{path.stem}*")]
    assert any(content in one.read_bytes() for one in kept)


def test_ctrl_c_during_a_review_keeps_every_grade(call, command):
    """A process of its own, interrupted at the second question."""
    for words in ("One?", "Two?"):
        call("study", "ask", "lenet", words, "--answer", "So.")
    review = command("study", "review", stdin=-1)
    review.stdin.write("\n4\n")
    review.stdin.flush()
    said = ""
    while "2 of 2" not in said:
        said += review.stdout.readline()
    time.sleep(0.1)
    review.send_signal(signal.SIGINT)
    _, err = review.communicate(timeout=60)
    assert review.returncode == 130 and err.strip() == "Stopped."
    assert len(json.loads(Path("journal/reviews.json").read_text())) == 1
    assert "1 of 1" in call("study", "review")[1]
