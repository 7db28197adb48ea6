"""The front page, the catalogue with its map, and a page a family."""

from collections.abc import Iterator
from typing import get_args

from firsthand import papers
from firsthand.papers.card import Card, Family
from firsthand.site import addresses, live, prose, results
from firsthand.site.origin import Origin, Page
from firsthand.site.timeline import drawn


def pages(origin: Origin) -> Iterator[Page]:
    """The catalogue and the families."""
    cards = [papers.get(key).card for key in papers.keys()]
    families = [name for name in get_args(Family) if any(card.family == name for card in cards)]
    yield "catalogue", catalogue(cards, families, origin)
    for name in families:
        yield f"families/{addresses.slug(name)}", family(name, [card for card in cards if card.family == name], origin)


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
        parts += [f"## {name.capitalize()}", listed(members, origin)]
    return "\n\n".join([*parts, f"{results.LEGEND}." if origin.measured else "", ""])


def listed(cards: list[Card], origin: Origin) -> str:
    """A row a paper; the column of the claims is left out where nothing was measured."""
    rows = []
    for card in cards:
        notes, marks = addresses.paper(card.key), results.marks(origin.claims(card.key))
        row = {"paper": f"[`{card.key}`]({notes})", "year": str(card.year), "title": f"[{card.title}]({notes})"}
        if origin.measured:
            row["its claims"] = f"[{marks}]({addresses.paper(card.key, 'claims')})" if marks else ""
        there = card.key in papers.exercises()
        row["exercise"] = f"[yes]({addresses.paper(card.key, 'exercise')})" if there else ""
        rows.append(row)
    return prose.table(list(rows[0]), [list(row.values()) for row in rows])


def family(name: str, cards: list[Card], origin: Origin) -> str:
    """One family, oldest paper first, with what is new in each."""
    parts = [f"# {name.capitalize()}", listed(cards, origin)]
    for card in cards:
        parts += [f"## {card.title} ({card.year})", f"{card.summary} [Read on]({addresses.paper(card.key)})"]
    inside = prose.toctree(f"{card.key} · {card.year} <{addresses.paper(card.key)}>" for card in cards)
    return "\n\n".join([*parts, inside, ""])


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
                 + ", ".join(f"[{key}]({addresses.paper(key, 'exercise')})" for key in papers.exercises())],
            ],
        ),
        "Everything here was written from the folders of the papers by `firsthand site`, and loads nothing from "
        "elsewhere.",
    ]  # fmt: skip
    parts += [prose.toctree(names, caption) for caption, names in chapters.items()]
    return "\n\n".join([*parts, ""])
