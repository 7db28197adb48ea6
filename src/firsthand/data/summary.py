"""What `firsthand data NAME` tells about a data set."""

from dataclasses import asdict
from pathlib import Path

from firsthand.data.files import RemoteFile, here, local
from firsthand.data.registry import DATASETS, dataset, sources, status
from firsthand.data.specs import Images, Names, Text, Vectors
from firsthand.errors import UserError


def describe(name: str) -> dict:
    """All there is to tell about a data set, or a user's file of bits or lines or folder of images; ready for JSON.

    Nothing is downloaded. Raises `UserError` for a name that is neither, and for a file with the wrong checksum.
    """
    if name not in DATASETS and Path(name).expanduser().is_dir():
        return {"name": name, "kind": "a folder of images", "status": "here"} | _folder(name)
    if name not in DATASETS and (Path(name).suffix or Path(name).exists()):
        try:
            return {"name": name, "kind": "bits", "status": "here"} | _bits(name)
        except UserError:  # it is no table of zeros and ones
            return {"name": name, "kind": "lines", "status": "here"} | _lines(name)
    known = dataset(name)
    card = {key: value for key, value in asdict(known).items() if key in ("name", "kind", "about", "source", "licence")}
    card |= {"status": status(known), "files": [_file(file) for file in sources(known)]}
    if card["status"] == "to download":
        return card
    told = {"lines": _lines, "images": _images, "bits": _bits, "greys": _greys, "text": _text, "tagged text": _tagged}
    return card | (told | {"pairs": _pairs, "word tests": _word_tests})[known.kind](name)


def _file(file: RemoteFile) -> dict:
    path = local(file)
    return {"path": str(path), "url": file.url, "bytes": path.stat().st_size if here(file) else None}


def _lines(name: str) -> dict:
    spec = Names(name)
    lines, split = spec.read(), spec.load()
    train = set(split.train)
    return {
        "examples": len(lines),
        "split": {"train": len(split.train), "val": len(split.val), "test": len(split.test)},
        "samples": lines[:3],
        "characters": len(split.vocabulary.characters),
        "distinct": len(set(lines)),
        "val_in_train": sum(line in train for line in split.val) / len(split.val),
    }


def _text(name: str) -> dict:
    characters, words = Text(name).load(), Text(name, level="word").load()
    whole = Text(name).read()
    start = (whole if isinstance(whole, str) else whole.read_text(encoding="utf-8"))[:300]
    return {
        "characters": sum(map(len, (characters.train, characters.val, characters.test))),
        "different characters": len(characters.vocabulary) - 1,
        "words and marks": sum(map(len, (words.train, words.val, words.test))),
        "different words": len(words.vocabulary) - 1,
        "samples": [line for line in start.splitlines() if line.strip()][:3],
    }


def _pairs(name: str) -> dict:
    from firsthand.data.pairs import Pairs

    spec = Pairs(name)
    parts = dict(zip(("train", "val", "test"), spec.parts(), strict=True))
    return {
        "languages": list(dataset(name).languages),
        "examples": sum(map(len, parts.values())),
        "split": {part: len(pairs) for part, pairs in parts.items()},
        "words": {
            language: round(sum(len(pair[side].split()) for pair in parts["train"]) / len(parts["train"]), 1)
            for side, language in enumerate(spec.languages)
        },
        "samples": [" → ".join(pair) for pair in parts["train"][:3]],
    }


def _word_tests(name: str) -> dict:
    from firsthand.data.wordtests import published

    kinds, lists = published()
    if name == "analogies":
        samples = [" ".join(kind.questions[0]) for kind in kinds[:3]]
        return {"questions": {kind.name: len(kind.questions) for kind in kinds}, "samples": samples}
    samples = [f"{first} {second} {score:g}" for first, second, score in lists["WS-353-ALL"][:3]]
    return {"pairs": {test: len(pairs) for test, pairs in lists.items()}, "samples": samples}


def _tagged(name: str) -> dict:
    from firsthand.data.brown import count, load_brown

    documents = load_brown()
    categories = count(documents)
    total = {what: sum(row[what] for row in categories.values()) for what in ("documents", "sentences", "words")}
    first = [f"{word}/{tag}" for word, tag in documents[0].sentences[0]]
    return total | {"categories": categories, "samples": [" ".join(first)]}


def _images(name: str) -> dict:
    from firsthand.data.images import drawing

    sets = Images(name).load()
    images, labels = sets.train
    counts = {part: len(getattr(sets, part)[1]) for part in ("train", "val", "test")}
    return {
        "examples": sum(counts.values()),
        "split": counts,
        "classes": list(sets.classes),
        "samples": [{"label": sets.classes[int(labels[i])], "drawing": drawing(images[i])} for i in range(3)],
    }


def _bits(name: str) -> dict:
    from firsthand.data.images import drawing

    sets = Vectors(name).load()
    counts = {part: len(getattr(sets, part)) for part in ("train", "val", "test")}
    some = [row.tolist() if sets.shape is None else drawing(255 * row.view(sets.shape)) for row in sets.train[:3]]
    return {
        "examples": sum(counts.values()),
        "split": counts,
        "bits": sets.train.shape[1],
        "share of ones": round(sets.train.float().mean().item(), 4),
        "samples": some if sets.shape is not None else ["".join(map(str, row)) for row in some],
    }


def _greys(name: str) -> dict:
    from firsthand.data.images import drawing

    sets = Vectors(name).load()
    counts = {part: len(getattr(sets, part)) for part in ("train", "val", "test")}
    pictures = sets.train[:3].view(3, *sets.shape)
    return {
        "examples": sum(counts.values()),
        "split": counts,
        "pixels": "x".join(map(str, sets.shape)),
        "samples": list(map(drawing, pictures)),
    }


def _folder(name: str) -> dict:
    from firsthand.data.image_folder import load_folder
    from firsthand.data.photos import opened, quietly

    sets = load_folder(name)
    parts = {part: found for part in ("train", "val", "test") if (found := getattr(sets, part)) is not None}
    counts = sum(part.labels.bincount(minlength=len(sets.classes)) for part in parts.values()).tolist()
    samples = []
    for index in range(0, len(sets.train), -(-len(sets.train) // 3)):
        with quietly(), opened(sets.train.path(index)) as picture:
            samples.append({"path": str(sets.train.path(index)), "pixels": f"{picture.width}x{picture.height}"})
    return {
        "examples": sum(counts),
        "split": {part: len(found) for part, found in parts.items()},
        "classes": dict(zip(sets.classes, counts, strict=True)),
        "samples": samples,
    }
