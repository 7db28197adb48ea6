"""The reader's note on one paper: its headings, and the questions in it; Markdown that Obsidian opens, too."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from firsthand.errors import UserError
from firsthand.papers.card import Reference
from firsthand.study.journey import Week
from firsthand.typed import read_bytes

MOST = 1 << 24  # bytes of a note
# Every heading with what belongs under it, in the order of the passes.
HEADINGS = {
    "## Pass 1: bird's eye": "Five to ten minutes: title, abstract, introduction, headings, conclusions, references.",
    "### Category": "What kind of paper is it?",
    "### Context": "Which papers and theory is it built on?",
    "### Correctness": "Do the assumptions look valid?",
    "### Contributions": "What does it give?",
    "### Clarity": "Is it written well?",
    "## Pass 2: content": "Up to an hour: figures and tables closely; skip proofs.",
    "### Summary": "The main thrust with its evidence, in your own words. Ours opens once there is something here.",
    "### Figures and tables": "Are the axes labelled, are there error bars? Which one carries the claim?",
    "### References to read": "Those that you do not know, and should.",
    "## Pass 3: depth": "Hours: make the work again in your head, and challenge every statement.",
    "### Assumptions": "Said and unsaid.",
    "### Weak experiments": "What would you have compared, and how often?",
    "## Pass 4: rebuild": "Write it; `firsthand exercise` and `firsthand reproduce` help, and tick this pass.",
    "### What I had to guess": "Every place where the paper does not say it.",
    "### Parameters": "The paper's count, and yours.",
    "### Result": "The smallest experiment that shows the claim: their number, your number.",
    "## Confusions": "A line each.",
    "## Questions": "'- a question', and its answer on the lines below, indented; `firsthand study review` asks them.",
    "## What is novel?": "One sentence. If you cannot say it, read the introduction again.",
}
REBUILD = "## Pass 4: rebuild"
QUESTIONS = "Questions"


@dataclass(frozen=True)
class Question:
    """A question of a note, with its answer if there is one."""

    id: str  # stays the same when the answer changes and, where the line ends with ^name, when the words do
    text: str
    answer: str


@dataclass(frozen=True)
class Note:
    """What the reader wrote on one paper."""

    sections: dict[str, str]  # what stands under each heading but the first title, without hints and empty bullets
    questions: tuple[Question, ...] = ()

    def said(self, heading: str) -> str:
        """What stands under one heading; empty where there is none."""
        return next((text for title, text in self.sections.items() if title.lower() == heading.lower()), "")


def file_name(key: str) -> str:
    """A key as the name of a file: as it is, or with other characters replaced and a few of its digest behind it."""
    plain = re.sub(r"[^\w.+-]", "-", key).strip(".")
    return plain[:100] if plain == key and len(key) <= 100 else f"{plain[:80]}-{digest(key)}"


def digest(text: str) -> str:
    """A few letters that stand for a text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def template(
    key: str, reference: Reference, title: str, family: str, week: Week | None, known: Sequence[str], rebuilds: bool
) -> str:
    """A new note: what is known of the paper for Obsidian, and the headings with a hint under each."""
    facts = {"key": key, "title": title, "authors": list(reference.authors), "year": reference.year,
             "tags": ["paper", family.replace(" ", "-"), *([f"week-{week.number:02}"] if week else [])]}  # fmt: skip
    head = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in facts.items()]
    lines = ["---", *head, "---", "", f"# {title}", "", reference.where]
    if known:
        lines += ["", f"Builds on {', '.join(f'[[{other}]]' for other in known)}."]
    skipped = False
    for heading, hint in HEADINGS.items():
        skipped = not rebuilds and (heading == REBUILD or (skipped and heading.startswith("###")))
        if not skipped:
            lines += ["", heading, "", f"<!-- {hint} -->"]
    return "\n".join(lines) + "\n"


def decoded(path: Path) -> str:
    """A note's text; raises UserError for what is none, and FileNotFoundError."""
    content = read_bytes(path, MOST)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 text: byte 0x{content[error.start]:02x} at {error.start}; save it as UTF-8."
        ) from None
    if "\0" in text:
        raise UserError(f"{path} holds the character NUL: save it as plain UTF-8 text.")
    return text


def read(path: Path, key: str) -> Note:
    """The note in a file on the paper `key`; empty where there is none."""
    try:
        text = decoded(path).replace("\r\n", "\n")
    except FileNotFoundError:
        return Note({})
    titles: dict[str, str] = {}
    parts: dict[str, list[str]] = {}
    for heading, body in divided(text):
        title = titles.setdefault(heading.lower(), heading)
        parts.setdefault(title, []).append(body)
    raw = {heading: "\n".join(bodies) for heading, bodies in parts.items()}
    asked = tuple(questions(key, without_hints(raw.get(titles.get(QUESTIONS.lower(), ""), ""))))
    return Note({heading: said(body) for heading, body in raw.items()}, asked)


def headings(lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """The headings among lines: the number of the line, its hashes, its words; none within fenced code."""
    fence = ""
    for number, line in enumerate(lines):
        if mark := re.match(r"\s{0,3}(```+|~~~+)", line):
            fence = "" if fence and line.strip().startswith(fence) else fence or mark[1]
        if not fence and (found := re.match(r"(#{1,6})\s+(.*?)\s*#*\s*$", line)):
            yield number, found[1], found[2]


def divided(text: str) -> Iterator[tuple[str, str]]:
    """Every heading with the text up to the next one, but for the page's own title."""
    lines = text.split("\n")
    found = list(headings(lines))
    titled = bool(found) and found[0][1] == "#"
    for (start, _, heading), (end, _, _) in pairwise([*found[titled:], (len(lines), "", "")]):
        yield heading, "\n".join(lines[start + 1 : end])


def without_hints(text: str) -> str:
    """Without what stands in comments."""
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def said(text: str) -> str:
    """What somebody wrote: without comments, and nothing where there are only bullets."""
    text = without_hints(text).strip()
    return text if re.search(r"\w", text) else ""


def questions(key: str, text: str) -> Iterator[Question]:
    """The questions in a section: the entries of its lists, with the lines under them as answers."""
    found: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        entry = re.match(r"(?:[-*+]|\d+[.)])\s+(?:\[.\]\s+)?(.*)$", line)
        if entry:
            found.append((entry[1].strip(), []))
        elif found:
            found[-1][1].append(line.strip())
    seen: set[str] = set()
    for asked, answer in found:
        words, _, name = asked.rpartition(" ^")
        if not words or not re.fullmatch(r"[A-Za-z0-9-]+", name):
            words, name = asked, ""
        words, _, behind = words.partition(" :: ")
        if not re.search(r"\w", words):
            continue
        name = f"{key}:{name or digest(words.strip())}"
        if name in seen:  # a line that was copied with its name
            name = f"{key}:{digest(words.strip())}"
        if name not in seen:
            seen.add(name)
            yield Question(name, words.strip(), "\n".join([behind.strip(), *answer]).strip())


def with_question(text: str, question: str, answer: str) -> str:
    """A note's text with one more question at the end of its section, which is made where there is none."""
    name = digest(f"{question}{len(text)}")
    entry = [f"- {question} ^{name}", *(f"  {line}" for line in answer.splitlines())]
    return added(text, QUESTIONS, entry)


def added(text: str, title: str, entry: Sequence[str]) -> str:
    """A text with some lines at the end of a section."""
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    found = list(headings(lines))
    start = next((number for number, _, words in found if words.lower() == title.lower()), None)
    if start is None:
        return "\n".join([*lines, *([""] if lines else []), f"## {title}", "", *entry]) + "\n"
    end = next((number for number, _, _ in found if number > start), len(lines))
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    gap = [] if re.match(r"([-*+]|\d+[.)]|\s)", lines[end - 1]) else [""]
    rest = lines[end:]
    return "\n".join([*lines[:end], *gap, *entry, *([""] if rest and rest[0].strip() else []), *rest]) + "\n"
