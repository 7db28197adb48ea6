"""The pages that guide: the reading journey, how to read, where to learn more, how to add a paper."""

from collections.abc import Iterator

from firsthand import papers
from firsthand.site import addresses, prose
from firsthand.site.origin import NOT_HERE, Origin, Page
from firsthand.study import journey, resources
from firsthand.study.journal import PASSES, Journal

# The topics of a page; those that no page names go with the last.
TOPICS = {
    "reading": ("how-to-read", "questions-to-ask", "what-to-read", "managing-papers", "reading-group"),
    "resources": (),
}
TITLES = {"reading": "How to read", "resources": "Where to learn more"}
GUIDES = ("journey", *TOPICS)
CONTRIBUTING = "contributing"


def pages(origin: Origin) -> Iterator[Page]:
    """All of them."""
    yield "journey", weeks(origin.journal)
    for name in TOPICS:
        yield name, topics(name)
    yield CONTRIBUTING, contributing(origin)


def weeks(journal: Journal | None) -> str:
    """The journey week by week, and the other paths; with a journal, what the reader has done."""
    names = ", ".join(f"{number} {name}" for number, name in PASSES.items())
    parts = [
        "# The reading journey",
        f"{len(journey.weeks())} weeks hold every paper once. Each paper is read in passes: {names}; write a note of "
        "your own after each, and only then look at ours. `firsthand study` keeps your place, `firsthand read KEY` "
        "opens a paper beside your note, and `firsthand study review` asks what you have forgotten.",
    ]
    if journal is not None:
        parts.append(f"What you have done is from your journal in `{journal.folder}`.")
    for week in journey.weeks():
        parts += [f"## Week {week.number}: {week.title}", week.about]
        parts.append("\n".join(f"- {entry(key, week.part(key), journal)}" for key in week.papers))
        parts += [f"**To meet over.** {week.question}", "To watch and to read beside them:"]
        parts.append("\n".join(f"- <{url}>{told(url)}" for url in week.links))
    parts += ["## Other paths", "The same papers by family, each in an order that makes the next one easy:"]
    for name, keys in journey.paths().items():
        if name != journey.JOURNEY:
            parts.append(f"- **{name}**: " + " → ".join(f"[{key}]({addresses.paper(key)})" for key in keys))
    return "\n\n".join(parts) + "\n"


def entry(key: str, part: str, journal: Journal | None) -> str:
    """A paper of a week: what is read of it, and which passes are done."""
    card = papers.get(key).card
    words = f"[{card.title}]({addresses.paper(key)}) ({card.year}){f', {part}' if part else ''}"
    done = {} if journal is None else journal.done(journal.text(key))
    days = "; ".join(f"✔ {PASSES[number]}, {day}" for number, day in done.items())
    return f"{words}. {card.summary}{f' **{days}**' if days else ''}"


def told(url: str) -> str:
    """What is said of a link."""
    words = resources.about(url)
    return f": {prose.linked(words, addresses.mentioned)}" if words and words != url else ""


def topics(name: str) -> str:
    """One page of advice and links."""
    elsewhere = {key for keys in TOPICS.values() for key in keys}
    found = resources.topics()
    keys = TOPICS[name] or tuple(key for key in found if key not in elsewhere)
    parts = [f"# {TITLES[name]}"]
    for key in keys:
        parts += [f"## {found[key].title}", prose.linked(found[key].text, addresses.mentioned)]
    return "\n\n".join(parts) + "\n"


def contributing(origin: Origin) -> str:
    """The repository's own guide."""
    if origin.repository is None:
        return f"# Add a paper\n\n{NOT_HERE.format('the guide for contributors', '`CONTRIBUTING.md`')}\n"
    return (origin.repository / "CONTRIBUTING.md").read_text(encoding="utf-8")
