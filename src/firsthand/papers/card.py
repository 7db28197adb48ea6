"""What a paper's folder says about itself, readable without importing torch."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any, Literal

Family = Literal["foundations", "vision", "sequences", "words", "optimisers", "regularisers", "generative models"]


@dataclass(frozen=True)
class Reference:
    """Where something is written; its BibTeX stands in the folder's references.bib, in the same order."""

    title: str
    authors: tuple[str, ...]
    year: int
    venue: str
    url: str

    @property
    def where(self) -> str:
        """Who wrote it, and where it is, as far as that is known, in one line."""
        return ". ".join(part for part in (", ".join(self.authors), self.venue, self.url) if part)


@dataclass(frozen=True)
class Card:
    """A paper's entry in the catalogue, or that of a subject to which several papers belong."""

    key: str  # the folder's name, and the word on the command line
    references: tuple[Reference, ...]  # the paper, and what else its claims are from
    family: Family
    builds_on: tuple[str, ...]  # keys of papers to read before, whether they are here yet or not
    summary: str  # what is new, in one sentence
    network: str | None = None  # name of the network's class in model.py; None: a paper to read, without a network
    parameters: int | None = None  # trainable ones of the network with its default Config, as published or derived
    example_shape: tuple[int, ...] | None = None  # shape of one input with the default Config
    output_shape: tuple[int, ...] | None = None  # shape of one output
    rule: str | None = None  # the update rule that the paper is about, as `firsthand.optim.RULES` names it
    subject: str = ""  # title of a folder that is about several papers alike

    @property
    def title(self) -> str:
        """The subject, or the paper's title."""
        return self.subject or self.references[0].title

    @property
    def year(self) -> int:
        """Of the paper."""
        return self.references[0].year

    def facts(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {"title": self.title, "year": self.year} | asdict(self)


def exports(package: str, names: dict[str, str]) -> Callable[[str], Any]:
    """A module-level `__getattr__` that imports each name on first use, so that reading the card stays quick."""

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"{package} has no {name!r}; it exports: {', '.join(names)}.")
        return getattr(import_module(f"{package}.{names[name]}"), name)

    return find
