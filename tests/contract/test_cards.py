"""What every paper's folder says of itself, also where there is no network: its card, references and notes."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from firsthand import optim, papers
from firsthand.papers import Paper

SECTIONS = ("What is new", "How it works", "What confuses", "Questions and answers", "Run it", "Read next")
every = pytest.mark.parametrize("key", papers.keys())


def paper(key: str) -> Paper:
    return papers.get(key)


@every
def test_card(key):
    """Complete, and true of the folder."""
    card = paper(key).card
    assert card.key == key == paper(key).folder.name
    assert card.title and card.references and bool(card.subject) == (card.title != card.references[0].title)
    first = key == papers.keys()[0] or card.network is None
    assert card.builds_on or first, "only the oldest paper, and what is no network, builds on none of the others"
    entries = paper(key).bibtex.strip().split("\n\n")
    for one, entry in zip(card.references, entries, strict=True):
        assert one.title and one.venue and one.authors and all(one.authors) and one.url.startswith("https://")
        assert re.match(r"@\w+\{\w+,", entry) and str(one.year) in entry and entry.endswith("}")
        assert entry.count("{") == entry.count("}") and one.authors[-1].split()[-1][:4] in entry
    names = [re.match(r"@\w+\{(\w+),", entry)[1] for entry in entries]
    assert len(set(names)) == len(names)
    assert card.summary.endswith(".") and len(card.summary) < 200
    assert card.rule is None or card.rule in optim.RULES
    assert key not in card.builds_on


@every
def test_notes(key):
    """The sections of every paper's notes, in their order, none of them empty."""
    notes = paper(key).notes
    assert tuple(re.findall(r"^## (.*)$", notes, re.MULTILINE)) == SECTIONS
    for section in re.split(r"^## .*$", notes, flags=re.MULTILINE)[1:]:
        assert len(section.split()) > 20
    assert f"firsthand {'read' if paper(key).card.network is None else 'train'} {key}" in notes


@every
def test_links_in_the_notes(key):
    """Files that the notes point at are there."""
    folder: Path = paper(key).folder
    for target in re.findall(r"\]\(([^)#]+)", paper(key).notes):
        assert target.startswith("https://") or (folder / target).exists(), target


@every
def test_what_makes_a_network(key):
    """All that describes one is there, or none of it."""
    card = paper(key).card
    there = [getattr(card, name) is not None for name in ("network", "parameters", "example_shape", "output_shape")]
    assert all(there) or not any(there)
    assert all(there) == (paper(key).folder / "model.py").exists() == (key in papers.networks())


def test_papers_can_be_read_in_an_order():
    """`builds_on` goes in no circle; `prepare` raises CycleError, and names it."""
    TopologicalSorter({key: papers.get(key).card.builds_on for key in papers.keys()}).prepare()
