"""Where examples come from: data sets by name, a user's own files, checksums, vocabularies, splits and batch order."""

from importlib import import_module

from firsthand.data.brown import Document, load_brown
from firsthand.data.files import RemoteFile, fetch, folder
from firsthand.data.lines import read_lines
from firsthand.data.names import embedded_names
from firsthand.data.registry import DATASETS, Dataset, dataset, download, status
from firsthand.data.specs import Images, Lines, Names
from firsthand.data.summary import describe
from firsthand.data.vocabulary import Vocabulary

# What needs torch is imported when it is asked for: `firsthand list` must not wait for it.
_LAZY = {
    "ImageSets": "images",
    "Order": "order",
    "as_digit": "images",
    "load_digits": "images",
    "load_mnist": "images",
    "split_lines": "text",
    "windows": "text",
}

__all__ = [
    "DATASETS",
    "Dataset",
    "Document",
    "Images",
    "Lines",
    "Names",
    "RemoteFile",
    "Vocabulary",
    "dataset",
    "describe",
    "download",
    "embedded_names",
    "fetch",
    "folder",
    "load_brown",
    "read_lines",
    "status",
    *_LAZY,
]


def __getattr__(name: str):
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
