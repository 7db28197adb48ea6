"""What a data set is: its name, its files, and what reads them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from firsthand.data.files import RemoteFile, found


@dataclass(frozen=True)
class Dataset:
    """A data set: what it is, where it comes from, and the files it needs."""

    name: str
    kind: Literal["lines", "images", "bits", "greys", "text", "tagged text", "pairs", "word tests"]
    about: str  # one sentence
    source: str  # where to read about it
    licence: str
    files: tuple[RemoteFile, ...] = ()  # empty for an embedded one
    unpacked: tuple[RemoteFile, ...] = ()  # what its archive holds, or another edition of it, that may lie in the data
    # folder in its place
    embedded: bool = False  # comes with an installed package, needs no download
    column: str | None = None  # of its CSV file
    languages: tuple[str, ...] = ()  # pairs: those there are, the first two being the source and the target
    loader: str = ""  # of what is no text: the function of a module in firsthand.data that loads it, as module.function
    reader: str = ""  # of pictures: the one that reads a user's as one of them

    def load(self, *options: Any) -> Any:
        """Its images or vectors in three parts, by its own loader."""
        return found(self.loader)(*options)

    def picture(self, path: str | Path) -> Any:
        """A user's picture as one of its images, by its own reader."""
        return found(self.reader)(path)
