"""What the pages are made of beside the package: the results and guides of the repository, a reader's journal."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import firsthand
from firsthand.study.journal import Journal

Page = tuple[str, str]  # its place among the pages, without an ending, and its Markdown
REPOSITORY = Path(firsthand.__file__).parents[2]
NOT_HERE = (
    "This site was made from an installed package, which does not carry {}: in the repository they stand in {}, and "
    "`firsthand site` shows them there."
)


@dataclass(frozen=True)
class Origin:
    """Where the pages come from. An installed package has neither results nor the guide for contributors."""

    repository: Path | None  # the folder with docs/ and CONTRIBUTING.md
    journal: Journal | None = None  # the reader's own

    @classmethod
    def found(cls, journal: Path | None = None) -> "Origin":
        """That of this installation, with the journal in a folder."""
        here = (REPOSITORY / "pyproject.toml").exists() and (REPOSITORY / "docs" / "results").is_dir()
        return cls(REPOSITORY if here else None, None if journal is None else Journal(journal))

    @property
    def results(self) -> Path | None:
        """The folder of what was measured."""
        return self.repository and self.repository / "docs" / "results"

    @cached_property
    def measured(self) -> dict[str, dict[str, Any]]:
        """What was measured of each paper, by its key."""
        paths = [] if self.results is None else sorted(self.results.glob("*.json"))
        pages = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        return {page["paper"]: page for page in pages}

    def claims(self, key: str) -> list[dict[str, Any]]:
        """The claims of a paper that were measured, which may be none."""
        return self.measured[key]["claims"] if key in self.measured else []
