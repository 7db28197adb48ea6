"""The papers: every folder here with a CARD is one, found by itself. Nothing heavy is imported until it is used."""

import pkgutil
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from firsthand.errors import UserError, unknown
from firsthand.papers.card import Card


@dataclass(frozen=True)
class Paper:
    """One paper's folder: its card at once, its network, recipes, claims and notes when they are asked for."""

    card: Card
    package: ModuleType

    @property
    def folder(self) -> Path:
        """Where the paper's files lie."""
        return Path(self.package.__file__).parent

    def module(self, name: str) -> ModuleType:
        """One of the folder's modules: model, recipe or claims; raises UserError where the paper has no network."""
        self.require_network()
        return import_module(f"{self.package.__name__}.{name}")

    def require_network(self) -> None:
        """Raise UserError where the paper has no network."""
        if self.card.network is None:
            key = self.card.key
            raise UserError(f"{key} has no network, it is a paper to read: `firsthand read {key}` opens it.")

    @property
    def presets(self) -> dict[str, Any]:
        """The recipes by name; `laptop` is the default."""
        return self.module("recipe").PRESETS

    @property
    def claims(self) -> tuple[Any, ...]:
        """What the paper claims, as experiments."""
        return self.module("claims").CLAIMS

    @property
    def experiments(self) -> dict[str, Any]:
        """What the claims measure beside training runs: functions by name; empty for a paper that only trains."""
        return {arm.measured: arm.experiment for claim in self.claims for arm in claim.arms if arm.measured}

    def experiment(self, name: str) -> Any:
        """One experiment; an unknown name is an error that names the nearest."""
        if name not in self.experiments:
            raise unknown(f"experiment of {self.card.key}", name, self.experiments)
        return self.experiments[name]

    @property
    def exercise(self) -> Any:
        """The paper in steps to write oneself; raises UserError where there is none yet."""
        if self.card.key not in exercises():
            self.require_network()
            raise UserError(f"{self.card.key} has no exercise yet: there are {', '.join(exercises())}.")
        return self.module("exercise").EXERCISE

    @property
    def bibtex(self) -> str:
        """The references in BibTeX, in the card's order."""
        return (self.folder / "references.bib").read_text(encoding="utf-8")

    @property
    def notes(self) -> str:
        """The reading notes, in Markdown."""
        return (self.folder / "notes.md").read_text(encoding="utf-8")

    def preset(self, name: str) -> Any:
        """One recipe; an unknown name is an error that names the nearest."""
        if name not in self.presets:
            raise unknown(f"preset of {self.card.key}", name, self.presets)
        return self.presets[name]

    @property
    def variants(self) -> dict[str, Any]:
        """The published sizes by name, each a Config; most papers have one and name none."""
        return getattr(self.package, "VARIANTS", {})

    def variant(self, name: str) -> Any:
        """One Config; an unknown name is an error that names the nearest."""
        if name not in self.variants:
            self.require_network()
            if not self.variants:
                raise UserError(f"{self.card.key} has no variants: it is one network, leave out --variant.")
            raise unknown(f"variant of {self.card.key}", name, self.variants)
        return self.variants[name]

    def example_shape(self, config: Any) -> tuple[int, ...]:
        """The shape of one input of the network of this Config."""
        return getattr(self.package, "example_shape", lambda _: self.card.example_shape)(config)

    def example(self, config: Any) -> Any:
        """What `firsthand.layers.table` calls the network of this Config with: a shape, or a function."""
        example = getattr(self.package, "example", None)
        return self.example_shape(config) if example is None else partial(example, config)

    def network(self, config: Any = None) -> Any:
        """The paper's network, fresh, of this Config (default: the published sizes)."""
        model = self.module("model")
        return getattr(model, self.card.network)(model.Config() if config is None else config)


@cache
def folders() -> tuple[str, ...]:
    """The names of the folders here, which are the papers' keys."""
    return tuple(info.name for info in pkgutil.iter_modules(__path__) if info.ispkg)


@cache
def keys() -> tuple[str, ...]:
    """The keys of all papers, oldest paper first."""
    return tuple(sorted(folders(), key=lambda key: (get(key).card.year, key)))


@cache
def networks() -> tuple[str, ...]:
    """The keys of the papers that have a network, oldest paper first; the others are there to be read."""
    return tuple(key for key in keys() if get(key).card.network is not None)


@cache
def exercises() -> tuple[str, ...]:
    """The keys of the papers that have an exercise, oldest paper first."""
    return tuple(key for key in keys() if (get(key).folder / "exercise.py").exists())


@cache
def get(key: str) -> Paper:
    """The paper with this key; an unknown key is an error that names the nearest."""
    if key not in folders():
        raise unknown("paper", key, folders(), "`firsthand list` shows them all")
    package = import_module(f"{__name__}.{key}")
    return Paper(package.CARD, package)
