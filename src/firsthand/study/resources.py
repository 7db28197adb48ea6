"""Where to learn: links and advice by topic from resources.md, and those of one paper from all that names it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from firsthand import papers
from firsthand.errors import unknown

LINK = re.compile(r"https?://[^\s<>`]+")
ALSO = {"ml": "machine-learning", "dl": "deep-learning", "mathematics": "maths", "math": "maths", "language": "nlp",
        "group": "reading-group", "questions": "questions-to-ask", "manage": "managing-papers",
        "how-to-manage-papers": "managing-papers"}  # fmt: skip


@dataclass(frozen=True)
class Link:
    """One link with a few words about it."""

    url: str
    about: str


@dataclass(frozen=True)
class Topic:
    """One subject: advice and links, in Markdown."""

    key: str
    title: str
    text: str

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of its list."""
        return tuple(links(self.text))


@cache
def topics(file: str = "resources.md") -> dict[str, Topic]:
    """The topics of a file by their keys: the titles in small letters, joined by dashes."""
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    found = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        key = "-".join(title.lower().split())
        found[key] = Topic(key, title, body.strip() + "\n")
    return found


def bullets(text: str) -> Iterator[str]:
    """The entries of the lists in a Markdown text, each in one line."""
    for entry in re.findall(r"^[-*] (.*(?:\n(?![-*] |\n|#).*)*)", text, re.MULTILINE):
        yield " ".join(entry.split())


def links(text: str) -> Iterator[Link]:
    """The links of a Markdown text's lists; the words about one are those before it or, if it leads, behind it."""
    for entry in bullets(text):
        urls = [address(found) for found in LINK.findall(entry)]
        for number, url in enumerate(urls):
            words = entry.replace(url, "", 1) if len(urls) == 1 else between(entry, urls, number)
            yield Link(url, words.strip(" :;,.").strip() or url)


def between(entry: str, urls: list[str], number: int) -> str:
    """Of an entry with several links the words that belong to one of them: those that lead to it."""
    start = 0
    for url in urls[:number]:
        start = entry.index(url, start) + len(url)
    return entry[start : entry.index(urls[number], start)]


def address(found: str) -> str:
    """A link without the full stop, comma or bracket behind it."""
    return found.rstrip(".,;:)")


def topic(words: str) -> Topic | None:
    """A topic by its key, its title or a short name for it; None where there is none."""
    key = "-".join(words.lower().replace("-", " ").split())
    return topics().get(ALSO.get(key, key))


def missing(words: str) -> Exception:
    """The error for a word that is neither a topic nor a paper."""
    return unknown("topic or paper", words, [*topics(), *papers.keys()], "`firsthand resources` lists the topics")


def of_paper(key: str) -> tuple[Link, ...]:
    """Where to read a paper, and on: its references, the ends of its notes, and all lists that name it."""
    paper = papers.get(key)
    found = {one.url: Link(one.url, f"{one.title} ({one.year})") for one in paper.card.references}
    further = topics("further.md").get(key)
    ends = paper.notes.split("\n## Read next\n")[-1]
    for link in [*links(ends), *(further.links if further else ()), *named(key)]:
        found.setdefault(link.url, link)
    return tuple(found.values())


def named(key: str) -> list[Link]:
    """The links of all topics whose words name a paper."""
    return [link for one in topics().values() for link in one.links if f"`{key}`" in link.about]


def about(url: str) -> str:
    """The words about a link of any topic."""
    return next((link.about for one in topics().values() for link in one.links if link.url == url), "")
