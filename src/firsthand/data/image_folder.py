"""A user's own folder of pictures: a sub-folder a class, or ImageNet's train/CLASS, val/CLASS; listed, not loaded."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from firsthand.data.photos import opened, quietly
from firsthand.data.userfile import located, missing, remark
from firsthand.errors import UserError

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".ico")
)
CHECKED = 20_000  # files up to which the start of each is read, to leave out what is no picture
_PARTS = {"train": ("train", "training"), "val": ("val", "validation", "valid", "dev"), "test": ("test", "testing")}
_HELD_OUT = 0.1  # share of each class for each part that the folder does not have
_TOLD = 5  # names in one sentence


@dataclass
class Listing:
    """Picture files with a label each. Their names lie in one array: those of 1.28 million files take 50 MB."""

    folder: Path  # that the names start from
    names: np.ndarray  # in the bytes of the file system
    labels: Int64[Tensor, " files"]

    def __len__(self) -> int:
        return len(self.names)

    def path(self, index: int) -> Path:
        """Where a picture lies."""
        return self.folder / os.fsdecode(bytes(self.names[index]))

    def chosen(self, places: np.ndarray) -> "Listing":
        """Those at these places."""
        return replace(self, names=self.names[places], labels=self.labels[torch.from_numpy(places)])

    def digest(self) -> str:
        """The SHA-256 of all names and sizes: no file is read."""
        found, folder = hashlib.sha256(), os.fsencode(self.folder) + b"/"
        for name in self.names.tolist():
            try:
                size = os.stat(folder + name).st_size
            except OSError:  # it is told when it is read
                size = -1
            found.update(b"%s %d\n" % (name, size))
        return found.hexdigest()


@dataclass
class ImageFolder:
    """A folder's pictures in three parts; a part that its layout does not have is None."""

    train: Listing
    val: Listing | None
    test: Listing | None
    classes: tuple[str, ...]

    def limited(self, limit: int | None) -> "ImageFolder":
        """The same with `limit` training pictures only, mixed from all classes; None keeps all."""
        if limit is None:
            return self
        if limit > len(self.train):
            raise UserError(f"The limit is {limit} training images: choose from 1 to {len(self.train):,}.")
        return replace(self, train=self.train.chosen(np.sort(_mixed(self.train.names)[:limit])))


def load_folder(name: str | Path) -> ImageFolder:
    """The pictures of a folder.

    Where there are no folders of their own for validation and test, a tenth of each class is held out for each: the
    pictures whose names have the lowest SHA-256. Files that cannot be read are left out, and told on stderr.
    Raises UserError for a folder of another layout.
    """
    root = located(name)
    inside = _folders(root)
    found = {part: folder for part, names in _PARTS.items() for folder in inside if folder.lower() in names}
    if "train" not in found or not (len(found) > 1 or _folders(root / found["train"])):
        classes = _classes(root, inside)
        return _divided(_checked(_listed(root, classes)), classes, ("val", "test"))
    train, parts = root / found["train"], {}
    classes = _classes(train, _folders(train))
    for part in ("val", "test"):
        if part in found and (theirs := _folders(root / found[part])):
            for other in theirs:
                if other not in classes:
                    raise UserError(f"{root / found[part]} has a class '{other}', which {train} does not have.")
            parts[part] = _checked(_listed(root / found[part], classes))
        elif part in found:
            remark(f"{root / found[part]} has no sub-folders, so that its classes are not known: it is left out.")
    held_out = () if "val" in parts else ("val",) if "test" in parts else ("val", "test")
    whole = _divided(_checked(_listed(train, classes)), classes, held_out)
    return replace(whole, **parts)


def _folders(path: Path) -> list[str]:
    """The names of the folders in a folder, in order; links count as what they point at."""
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith(".") and _is_folder(entry))
    except FileNotFoundError:
        raise missing(path) from None
    except NotADirectoryError:
        raise UserError(f"{path} is a file: give a folder that has a sub-folder of pictures for each class.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that goes round in a circle
        return False


def _files(path: Path) -> Iterator[str]:
    """The names of the files in a folder that are pictures by their ending."""
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                name = entry.name
                if os.path.splitext(name)[1].lower() in SUFFIXES and name[0] != "." and not _is_folder(entry):
                    yield name
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None


def _classes(root: Path, folders: list[str]) -> tuple[str, ...]:
    """The folders that hold pictures; raises UserError where they cannot be classes."""
    classes = tuple(folder for folder in folders if next(_files(root / folder), None) is not None)
    empty = [folder for folder in folders if folder not in classes]
    nested = {folder: inside for folder in empty if (inside := _folders(root / folder))}
    layout = "a folder with a sub-folder of pictures for each class is needed"
    if not folders:
        what = "pictures, but no sub-folders" if next(_files(root), None) else "no sub-folders"
        raise UserError(f"{root} has {what}: {layout}.")
    if not classes and not nested:
        raise UserError(f"{root} has sub-folders ({_named(folders)}), but no pictures in them: {layout}.")
    if not classes or (len(classes) < 2 and nested):
        one = next(iter(nested))
        raise UserError(
            f"{root} has no classes: pictures lie deeper, if at all ({one}/{nested[one][0]}). "
            f"Did you mean {root / one}? A class is a folder that holds its pictures itself."
        )
    if len(classes) < 2:
        raise UserError(f"{root} has one class only, '{classes[0]}': there is nothing to tell apart.")
    if empty:
        remark(f"{root}: what holds no pictures itself is no class ({_named(empty)}).")
    return classes


def _listed(root: Path, classes: tuple[str, ...]) -> Listing:
    """All pictures of these classes, in the order of their names."""
    names, labels, there = [], [], {folder for folder in _folders(root)}
    for label, folder in enumerate(classes):
        found = sorted(os.fsencode(f"{folder}/{file}") for file in _files(root / folder)) if folder in there else []
        names += found
        labels += [torch.full((len(found),), label)]
    if not names:
        raise UserError(f"{root} has no pictures in its sub-folders.")
    return Listing(root, np.array(names), torch.cat(labels))


def _checked(listing: Listing) -> Listing:
    """Those that are pictures by their first bytes, if there are not too many to look at."""
    if len(listing) > CHECKED:
        return listing

    def problem(index: int) -> str:
        try:
            with opened(listing.path(index)):
                return ""
        except UserError as error:
            return str(error)

    with quietly(), ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as threads:
        problems = list(threads.map(problem, range(len(listing))))
    wrong = [os.fsdecode(bytes(name)) for name, told in zip(listing.names, problems, strict=True) if told]
    if wrong:
        remark(
            f"{listing.folder}: {len(wrong):,} of {len(listing):,} files cannot be read as pictures and are left out: "
            f"{_named(wrong)}. The first: {next(filter(None, problems))}"
        )
    if len(wrong) == len(listing):
        raise UserError(f"{listing.folder}: none of its files can be read as a picture.")
    return listing.chosen(np.flatnonzero([not told for told in problems]))


def _divided(listing: Listing, classes: tuple[str, ...], held_out: tuple[str, ...]) -> ImageFolder:
    """A part of each class held out for each of these parts: the names of the lowest SHA-256."""
    counts = listing.labels.bincount(minlength=len(classes)).tolist()
    for name, count in zip(classes, counts, strict=True):
        if count <= len(held_out):
            raise UserError(
                f"The class '{name}' has {count} pictures: it needs at least {len(held_out) + 1} to learn and to test."
            )
    if not held_out:
        return ImageFolder(listing, None, None, classes)
    parts: dict[str, list[np.ndarray]] = {part: [] for part in ("train", *held_out)}
    start = 0
    for count in counts:
        order = start + _mixed(listing.names[start : start + count])
        each = max(1, round(_HELD_OUT * count))
        for number, part in enumerate(held_out):
            parts[part].append(order[number * each : (number + 1) * each])
        parts["train"].append(order[len(held_out) * each :])
        start += count
    found = {part: listing.chosen(np.sort(np.concatenate(places))) for part, places in parts.items()}
    return ImageFolder(found["train"], found.get("val"), found.get("test"), classes)


def _mixed(names: np.ndarray) -> np.ndarray:
    """The places of these names in the order of their SHA-256."""
    sums = [hashlib.sha256(name).digest() for name in names.tolist()]
    return np.array(sorted(range(len(sums)), key=sums.__getitem__))


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _TOLD:,} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more
