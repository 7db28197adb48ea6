"""Where examples come from: data sets by name, a user's own files, checksums, vocabularies, splits and batch order."""

from importlib import import_module

from firsthand.data.brown import Document, load_brown
from firsthand.data.files import RemoteFile, fetch, folder
from firsthand.data.lines import read_lines
from firsthand.data.names import embedded_names
from firsthand.data.registry import DATASETS, Dataset, dataset, download, status
from firsthand.data.specs import Images, Lines, Names, Text, Vectors
from firsthand.data.summary import describe
from firsthand.data.vocabulary import Vocabulary

# What needs torch or numpy is imported when it is asked for: `firsthand list` must not wait for it.
_LAZY = {
    "ImageFolder": "image_folder",
    "ImageSets": "images",
    "Order": "order",
    "Pairs": "pairs",
    "Reber": "synthetic",
    "SentenceVocabulary": "sentences",
    "Sequences": "synthetic",
    "Stream": "stream",
    "TokenVocabulary": "tokens",
    "VectorSets": "vectors",
    "adding": "synthetic",
    "as_digit": "pictures",
    "as_garment": "pictures",
    "as_square": "photos",
    "embedded_reber": "synthetic",
    "encode_reber": "synthetic",
    "load_cifar10": "cifar",
    "load_digits": "images",
    "load_fashion_mnist": "images",
    "load_folder": "image_folder",
    "load_frey": "frey",
    "load_mnist": "images",
    "multiplication": "synthetic",
    "reber_stream": "synthetic",
    "split_lines": "text",
    "temporal_order": "synthetic",
    "two_sequence": "synthetic",
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
    "Text",
    "Vectors",
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
