"""The Brown corpus against its manual's counts and NLTK's."""

import functools
import json
import zipfile

import pytest

from firsthand.data import describe, load_brown
from firsthand.data.brown import IMAGINATIVE, Document, count, read_brown, tagged
from firsthand.errors import UserError

read_once = functools.cache(load_brown)


@pytest.fixture
def documents(data_folder) -> tuple[Document, ...]:
    """The whole corpus."""
    return read_once()


def test_published_counts(documents):
    """500 samples; the counts that NLTK's book prints for words, and NLTK's for sentences, genres and news."""
    found = count(documents)
    assert len(documents) == 500 and len(found) == 15
    assert sum(row["words"] for row in found.values()) == 1_161_192
    assert sum(row["sentences"] for row in found.values()) == 57_340
    assert found["news"] == {"documents": 44, "sentences": 4_623, "words": 100_554}
    # The manual: 374 samples of informative prose, 126 of imaginative.
    assert sum(document.imaginative for document in documents) == 126
    assert set(IMAGINATIVE) < set(found)


def test_the_first_sentence(documents):
    """As the corpus's manual prints it, and every introduction to tagging."""
    first = documents[0]
    assert (first.name, first.category) == ("ca01", "news")
    assert " ".join(first.words()[0]).startswith("The Fulton County Grand Jury said Friday an investigation")
    assert first.sentences[0][:6] == (
        ("The", "AT"), ("Fulton", "NP-TL"), ("County", "NN-TL"), ("Grand", "JJ-TL"), ("Jury", "NN-TL"), ("said", "VBD"),
    )  # fmt: skip
    assert [document.name for document in documents] == sorted(document.name for document in documents)


def test_nothing_is_lost(data_folder, documents):
    """Words and tags joined again are the file's tokens, but for the capitals of the tags."""
    with zipfile.ZipFile(data_folder / "brown.zip") as archive:
        for document in documents[::97]:
            raw = archive.read(f"brown/{document.name}").decode().split()
            ours = [f"{word}/{tag}" for sentence in document.sentences for word, tag in sentence]
            assert [token.rpartition("/")[0] for token in raw] == [word for s in document.words() for word in s]
            assert [token.lower() for token in raw] == [token.lower() for token in ours]


def test_a_slash_in_a_word():
    assert tagged("1/2/cd") == ("1/2", "CD")
    with pytest.raises(ValueError, match="'jury' has no tag"):
        tagged("jury")


def archive(path, **files: str):
    with zipfile.ZipFile(path, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(f"brown/{name}", text)
    return path


def test_a_small_archive(tmp_path):
    """Documents by name, a sentence a line, whatever the white space."""
    path = archive(
        tmp_path / "a.zip", **{"cats.txt": "cr01 humor\nca01 news\n", "ca01": "\n\n\ta/at b/nn\n\n\nc/nn\n", "cr01": ""}
    )
    news, humor = read_brown(path)
    assert news == Document("ca01", "news", ((("a", "AT"), ("b", "NN")), (("c", "NN"),)))
    assert humor.imaginative and not news.imaginative and humor.sentences == ()
    assert count((news, humor))["news"] == {"documents": 1, "sentences": 2, "words": 3}


@pytest.mark.parametrize("text", ["a/at bad", None])
def test_what_is_no_corpus(tmp_path, text):
    path = archive(tmp_path / "a.zip", **{"cats.txt": "ca01 news"}, **({"ca01": text} if text else {}))
    with pytest.raises(UserError, match=r"a\.zip cannot be read as the Brown corpus"):
        read_brown(path)
    path.write_text("no archive")
    with pytest.raises(UserError, match="cannot be read as the Brown corpus"):
        read_brown(path)


def spoiled(archive: bytes, how: str) -> bytes:
    """The archive, encrypted, packed by an unknown method, or with other bytes in place of the packed ones."""
    if how == "cut":
        return archive[:-30]
    central, data = archive.rindex(b"PK\1\2"), archive.rindex(b"brown/ca01", 0, archive.index(b"PK\1\2")) + 10
    if how == "content":
        return archive[:data] + b"\xff" * 9 + archive[data + 9 :]
    place, value = {"encrypted": (8, 1), "method": (10, 99)}[how]
    return archive[: central + place] + bytes([value]) + archive[central + place + 1 :]


@pytest.mark.parametrize("how", ["cut", "content", "encrypted", "method"])
def test_damaged_archives(tmp_path, how):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("brown/cats.txt", "ca01 news")
        zipped.writestr("brown/ca01", "the/at jury/nn " * 99)
    good = (tmp_path / "a.zip").read_bytes()
    assert len(read_brown(tmp_path / "a.zip")) == 1
    (tmp_path / "a.zip").write_bytes(spoiled(good, how))
    with pytest.raises(UserError, match="cannot be read as the Brown corpus"):
        read_brown(tmp_path / "a.zip")


def test_without_the_file(empty_folder, monkeypatch):
    """The message says where it would have come from, and where to put it."""
    import requests

    def refuse(*args, **kwargs):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", refuse)
    with pytest.raises(UserError, match=r"brown\.zip cannot be downloaded .* Put it at"):
        load_brown()


def test_describe(data_folder):
    card = describe("brown")
    assert (card["documents"], card["sentences"], card["words"]) == (500, 57_340, 1_161_192)
    assert card["categories"]["romance"]["documents"] == 29
    assert card["samples"][0].startswith("The/AT Fulton/NP-TL")
    json.dumps(card)
