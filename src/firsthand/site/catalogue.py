"""The front page, the catalogue with its map, and a page a family."""

from collections.abc import Iterator
from typing import get_args

from firsthand import papers
from firsthand.papers.card import Card, Family
from firsthand.reproduce.table import MARK
from firsthand.site import live, prose
from firsthand.site.origin import Origin, Page
from firsthand.site.paper import slug
from firsthand.site.timeline import drawn

MARKS = "✔ reproduced, ◐ partly, ✘ not reproduced, ≡ an identity that holds, ○ not tested at this scale."


def pages(origin: Origin) -> Iterator[Page]:
    """The catalogue and the families."""
    cards = [papers.get(key).card for key in papers.keys()]
    families = [name for name in get_args(Family) if any(card.family == name for card in cards)]
    yield "catalogue", catalogue(cards, families, origin)
    for name in families:
        yield f"families/{slug(name)}", family(name, [card for card in cards if card.family == name], origin)


def catalogue(cards: list[Card], families: list[str], origin: Origin) -> str:
    """All papers: the map, then a table a family."""
    exercises = papers.exercises()
    parts = [
        "# The papers",
        f"{len(cards)} papers, each a folder: its network in one short file, its notes, its claims with our numbers "
        f"beside the paper's; {len(exercises)} have an exercise so far.",
        "## What builds on what",
        "The years go down, the families across. Point at a paper, or go to it with the Tab key, to see what it builds "
        "on and what builds on it.",
        prose.raw(drawn(cards, families)),
    ]
    for name in families:
        members = [card for card in cards if card.family == name]
        parts += [f"## {name.capitalize()}", listed(members, origin, "papers/")]
    return "\n\n".join([*parts, MARKS if origin.measured else "", ""])


def listed(cards: list[Card], origin: Origin, folder: str) -> str:
    """A row a paper."""
    rows = []
    for card in cards:
        place = f"{folder}{card.key}"
        claims = origin.measured.get(card.key, {"claims": []})["claims"]
        marks = " ".join(MARK[claim["verdict"]].split()[0] for claim in claims)
        rebuild = f"[yes]({place}/exercise.md)" if card.key in papers.exercises() else ""
        rows.append(
            [f"[`{card.key}`]({place}/index.md)", str(card.year), f"[{card.title}]({place}/index.md)"]
            + ([f"[{marks}]({place}/claims.md)" if marks else ""] if origin.measured else [])
            + [rebuild]
        )
    return prose.table(["paper", "year", "title"] + ["its claims"] * bool(origin.measured) + ["exercise"], rows)


def family(name: str, cards: list[Card], origin: Origin) -> str:
    """One family, oldest paper first, with what is new in each."""
    parts = [f"# {name.capitalize()}", listed(cards, origin, "../papers/")]
    for card in cards:
        parts += [f"## {card.title} ({card.year})", f"{card.summary} [Read on](../papers/{card.key}/index.md)"]
    inside = "\n".join(f"{card.key} · {card.year} <../papers/{card.key}/index>" for card in cards)
    return "\n\n".join([*parts, f"```{{toctree}}\n:hidden:\n\n{inside}\n```", ""])


def front(chapters: dict[str, list[str]]) -> str:
    """The first page, with the way to all others: captions, and the pages under each."""
    parts = [
        "# Landmark papers, firsthand",
        "Read a landmark deep-learning paper as code in one sitting, trust that the code is right, train it on a "
        "laptop, see the paper's own numbers come out, and write it again yourself.",
        prose.table(
            ["", ""],
            [
                ["Begin", "[The reading journey](journey.md): twelve weeks that hold every paper once; "
                 "[how to read](reading.md) a paper, and [where to learn more](resources.md)"],
                ["Read", "[Every paper](catalogue.md): what is new, how it works, what confuses, questions with "
                 "answers; and its network, words beside code, from tensors up"],
                ["Watch", f"[{live.TITLE}]({live.PAGE}.md): an LSTM and self-attention at work, letter by letter, in "
                 "your browser"],
                ["Trust", "[Every layer](layers/index.md) and [every update rule](rules/index.md): the formula, and "
                 "the fast implementation that is proven equal to it"],
                ["Measure", "[What the claims came to](results/index.md), the paper's numbers beside ours"],
                ["Rebuild", "Exercises with a judge that knows the usual mistakes: "
                 + ", ".join(f"[{key}](papers/{key}/exercise.md)" for key in papers.exercises())],
            ],
        ),
        "Everything here was written from the folders of the papers by `firsthand site`, and loads nothing from "
        "elsewhere.",
    ]  # fmt: skip
    for caption, names in chapters.items():
        inside = "\n".join(names)
        parts.append(f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{inside}\n```")
    return "\n\n".join([*parts, ""])
