"""Running text as tokens: published counts, brute force, and files that are mapped rather than read."""

import gzip
import os
import re
from collections import Counter
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.data import Text, stream
from firsthand.data.stream import How, parts, tokens_of
from firsthand.data.tokens import TokenVocabulary, split
from firsthand.errors import UserError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of its own."""
    import pooch

    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache")


def test_the_time_machine(data_folder):
    """173,428 letters and spaces, 28 tokens and 4,580 words: Dive into Deep Learning, section 9.2."""
    characters = Text("timemachine", letters=True).load()
    assert sum(map(len, (characters.train, characters.val, characters.test))) == 173_428
    assert len(characters.vocabulary) == 28
    assert len(Text("timemachine", letters=True, level="word").load().vocabulary) == 4_580


def test_the_brown_corpus(data_folder):
    """1,161,192 words and marks, as NLTK counts them; of the 16,382 most frequent the last is "crumpled"."""
    text = Text("brown", level="word", most=16_382, train=800_000, val=200_000).load()
    assert [len(text.train), len(text.val), len(text.test)] == [800_000, 200_000, 161_192]
    assert len(text.vocabulary) == 16_383
    assert "crumpled" in text.vocabulary.tokens
    assert 100 * (text.test == 0).mean() == pytest.approx(4.92, abs=0.005)


def test_python_docs_need_no_file():
    text = Text().load()
    whole = np.concatenate([text.train, text.val, text.test])
    assert 400_000 < len(whole) < 600_000 and not (whole == 0).any()
    assert text.vocabulary.decode(text.train[:22]) == 'The "assert" statement'


def test_split():
    assert split("Don't go, I said: 3.5…", "word") == ["Don't", "go", ",", "I", "said", ":", "3", ".", "5", "…"]
    assert split("a b\n", "character") == ["a", " ", "b", "\n"]
    assert split("U.S. `` no ''", "spaced") == ["U.S.", "``", "no", "''"]


@settings(max_examples=100, deadline=None)
@given(st.text(), st.text())
def test_characters_by_brute_force(known, text):
    """Every known character comes back, every other becomes the unknown token, whatever its code point."""
    known, text = (re.sub("[\ud800-\udfff]", "", part) for part in (known, text))
    vocabulary = TokenVocabulary.of(Counter(known))
    ids = vocabulary.encode(text)
    assert ids.tolist() == [1 + vocabulary.tokens.index(c) if c in known else 0 for c in text]
    assert vocabulary.decode(ids) == "".join(c if c in known else "<unk>" for c in text)
    assert TokenVocabulary.from_json(vocabulary.to_json()) == vocabulary


def test_which_tokens_are_known():
    """The most frequent ones, ties by code point; rarer than min_count is unknown; `<unk>` in a text is not a token."""
    counts = Counter({"b": 3, "a": 3, "c": 2, "d": 1, "<unk>": 9})
    assert TokenVocabulary.of(counts, "word").tokens == ("a", "b", "c", "d")
    assert TokenVocabulary.of(counts, "word", min_count=2).tokens == ("a", "b", "c")
    assert TokenVocabulary.of(counts, "word", most=1).tokens == ("a",)
    assert TokenVocabulary.of(counts, "word", most=3, min_count=3).tokens == ("a", "b")


@pytest.mark.parametrize(
    ("size", "dtype"), [(255, np.uint8), (256, np.uint16), (65_535, np.uint16), (65_536, np.uint32)]
)
def test_numbers_are_as_small_as_can_be(size, dtype):
    vocabulary = TokenVocabulary(tuple(map(str, range(size))), "word")
    assert vocabulary.dtype is dtype
    assert vocabulary.encode(str(size - 1))[0] == size


@pytest.mark.parametrize("how", [How(), How(letters=True), How("word"), How("word", letters=True, min_count=2)])
def test_a_mapped_file_holds_the_same(how, tmp_path, monkeypatch):
    """However small the pieces, and again from the cache; the tokens are mapped, not read."""
    text = "One fish, two fish -- red fish, blue fish!\n\nThis one's... 5 ßtars\n" * 7 + "the end"
    path = tmp_path / "text.txt"
    path.write_text(text, encoding="utf-8")
    expected, vocabulary = tokens_of(text, how)
    monkeypatch.setattr(stream, "IN_MEMORY", 0)
    monkeypatch.setattr(stream, "PIECE", 5)
    for _ in range(2):
        tokens, read = tokens_of(path, how)
        assert isinstance(tokens, np.memmap)
        assert read == vocabulary and tokens.tolist() == expected.tolist()
    kept = [entry.suffix for entry in (tmp_path / "cache" / "tokens").iterdir() if entry.name != ".lock"]
    assert sorted(kept) == [".bin", ".json"], "one file of tokens, one that tells of it"


def test_pages_are_given_back(tmp_path, monkeypatch):
    """Of 16 MB that were read, next to nothing stays resident; the tokens are as they were."""

    def resident() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("RssFile")).split()[1]) // 1024

    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not say what is resident")
    monkeypatch.setattr(stream, "IN_MEMORY", 0)
    (tmp_path / "text.txt").write_text("abcdefgh" * 2**21)
    tokens, _ = tokens_of(tmp_path / "text.txt", How())
    total = int(tokens.sum(dtype=np.int64))
    before = resident()
    stream.release(tokens)
    assert before - resident() >= 15
    assert int(tokens.sum(dtype=np.int64)) == total == 36 * 2**21


def test_a_changed_file_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "IN_MEMORY", 0)
    path = tmp_path / "text.txt"
    path.write_text("abc" * 10)
    assert len(tokens_of(path, How())[0]) == 30
    path.write_text("abc" * 11)
    assert len(tokens_of(path, How())[0]) == 33


def test_parts():
    """In order, by shares or by numbers, nothing lost."""
    tokens, vocabulary = tokens_of("abcdefghij", How())
    for train, val in ((0.6, 0.2), (6.0, 2.0)):
        text = parts(tokens, vocabulary, train, val)
        assert [vocabulary.decode(part) for part in (text.train, text.val, text.test)] == ["abcdef", "gh", "ij"]
    for train, val in ((8.0, 3.0), (0.9, 0.2), (0.0, 0.5), (nan, 0.1), (0.5, nan), (inf, 0.1), (1e300, 1)):
        with pytest.raises(UserError, match="10 tokens, which cannot be split"):
            parts(tokens, vocabulary, train, val)


@pytest.mark.parametrize("spoil", ["cut", "card", "gone", "left"])
def test_a_damaged_cache_is_written_again(tmp_path, monkeypatch, spoil):
    """Tokens that were cut short, a card that says something else, tokens that are gone, what a killed process left."""
    monkeypatch.setattr(stream, "IN_MEMORY", 0)
    (tmp_path / "text.txt").write_text("abc" * 10)
    tokens_of(tmp_path / "text.txt", How())
    folder = tmp_path / "cache" / "tokens"
    (binary,), (card,) = folder.glob("*.bin"), folder.glob("*.json")
    if spoil == "cut":
        os.truncate(binary, 29)
    elif spoil == "card":
        card.write_text("[1, 2]")
    else:
        binary.unlink()
        (folder / "other.partial").touch()
    tokens, vocabulary = tokens_of(tmp_path / "text.txt", How())
    assert vocabulary.decode(tokens) == "abc" * 10
    assert sorted(entry.suffix for entry in folder.iterdir() if entry.name != ".lock") == [".bin", ".json"]


def test_a_packed_text_is_read_piece_by_piece(tmp_path, monkeypatch):
    """One that would not fit in memory goes to the cache as its text does; a packed file counts four times."""
    text = "One fish, two fish -- ßtars\n" * 9
    (tmp_path / "text.txt.gz").write_bytes(gzip.compress(text.encode()))
    size = (tmp_path / "text.txt.gz").stat().st_size
    for limit, kind in ((4 * size, np.ndarray), (4 * size - 4, np.memmap)):
        monkeypatch.setattr(stream, "IN_MEMORY", limit)
        tokens, vocabulary = tokens_of(tmp_path / "text.txt.gz", How())
        assert type(tokens) is kind and vocabulary.decode(tokens) == text


def test_names_that_are_no_text(tmp_path):
    with pytest.raises(UserError, match="did you mean 'timemachine'"):
        Text("timemachin").load()
    with pytest.raises(UserError, match="holds images, not text"):
        Text("mnist").load()
    with pytest.raises(UserError, match="There is no file"):
        Text(str(tmp_path / "absent.txt")).load()
    with pytest.raises(UserError, match="is a folder"):
        Text(str(tmp_path)).load()


def test_options_that_do_not_apply(lines_file):
    with pytest.raises(UserError, match="'level' does not apply to lines"):
        Text("names", level="word").load()
    for options in ({"deduplicate": True}, {"column": "a"}, {"header": False}):
        with pytest.raises(UserError, match="for lines of text"):
            Text(**options).load()
    for options in ({"min_count": 0}, {"most": 0}, {"most": -5}):
        with pytest.raises(UserError, match=r"(min_count|most) must be at least 1"):
            Text(**options).load()
    assert len(Text(str(lines_file), lines=True).load().train) == 240
