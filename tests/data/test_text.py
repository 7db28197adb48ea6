"""Vocabularies and windows, against makemore's published counts and a loop that anyone can check."""

import json
import random
import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from firsthand.data import Names
from firsthand.data.text import Vocabulary, split_lines, windows
from firsthand.errors import UserError

LINES = st.lists(st.text(max_size=11), min_size=1, max_size=7)


@given(LINES)
def test_vocabulary_round_trip(lines):
    vocabulary = Vocabulary.of(lines)
    assert len(vocabulary) == len(set("".join(lines))) + 1
    for line in lines:
        ids = vocabulary.encode(line)
        assert all(1 <= i < len(vocabulary) for i in ids)
        assert vocabulary.decode(ids) == vocabulary.decode([0, *ids, 0]) == line
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary


def test_the_end_token_is_no_character():
    vocabulary = Vocabulary.of(["a.b"])
    assert vocabulary.characters == (".", "a", "b")
    assert vocabulary.encode("b.a") == [3, 1, 2]


def test_unseen_characters_are_named():
    vocabulary = Vocabulary(("a", "b"))
    for use in (vocabulary.encode, lambda text: windows(["ab", text], vocabulary, 3)):
        with pytest.raises(UserError, match="does not have 'xé'; it has 2: 'ab'"):
            use("xabxé")
    many = Vocabulary(tuple(map(chr, range(200, 1200))))
    with pytest.raises(UserError, match=r"it has 1000: .{100,110}\.\.\.\.$"):
        many.encode("a")


@pytest.mark.parametrize("characters", [("a", "a"), ("ab",), ("",)])
def test_a_vocabulary_is_made_of_distinct_single_characters(characters):
    with pytest.raises(ValueError, match="distinct"):
        Vocabulary(characters)


def naive(lines, vocabulary, context):
    """The loop of makemore's notebook, part 2."""
    x, y = [], []
    for line in lines:
        before = [0] * context
        for i in [*vocabulary.encode(line), 0]:
            x.append(before)
            y.append(i)
            before = [*before[1:], i]
    return torch.tensor(x), torch.tensor(y)


@given(LINES, st.integers(1, 5), st.randoms())
def test_windows_are_those_of_the_loop(lines, context, rng):
    characters = sorted(set("".join(lines)))
    rng.shuffle(characters)
    vocabulary = Vocabulary(tuple(characters))
    for got, expected in zip(windows(lines, vocabulary, context), naive(lines, vocabulary, context), strict=True):
        assert got.dtype == torch.int64
        assert torch.equal(got, expected)


def test_windows_of_nothing():
    x, y = windows([], Vocabulary(("a",)), 3)
    assert x.shape == (0, 3) and y.shape == (0,)
    with pytest.raises(UserError, match="at least 1"):
        windows(["a"], Vocabulary(("a",)), 0)


@pytest.mark.parametrize("n", [0, 1, 6, 101])
def test_the_split_is_makemores(n):
    words = [str(i) for i in range(n)]
    train, val, test = split_lines(words)
    assert words == [str(i) for i in range(n)]
    state = random.getstate()
    random.seed(42)
    random.shuffle(words)
    random.setstate(state)
    n1, n2 = int(0.8 * n), int(0.9 * n)
    assert (train, val, test) == (words[:n1], words[n1:n2], words[n2:])
    assert n < 6 or split_lines(words, seed=1) != split_lines(words)


def test_makemores_counts(data_folder):
    lines = Names("makemore-names").load()
    assert len(lines.train) + len(lines.val) + len(lines.test) == 32_033
    assert "".join(lines.vocabulary.characters) == "abcdefghijklmnopqrstuvwxyz"
    # Printed in the lectures' notebooks.
    counts = [len(windows(part, lines.vocabulary, 3)[1]) for part in (lines.train, lines.val, lines.test)]
    assert counts == [182_625, 22_655, 22_866]
    assert sum(counts) == 228_146


def test_the_indian_names_counts(data_folder):
    lines = Names("indian-male-names").load()
    every = lines.train + lines.val + lines.test
    assert (len(every), len(set(every))) == (14_821, 8_519)
    assert len(lines.vocabulary) == 88
    assert "." in lines.vocabulary.characters
    counts = [len(windows(part, lines.vocabulary, 3)[1]) for part in (lines.train, lines.val, lines.test)]
    assert counts == [130_873, 16_535, 16_092]
    assert sum(counts) == 163_500
    known = set(lines.train)
    assert round(100 * sum(line in known for line in lines.val) / len(lines.val), 1) == 47.6


def test_windows_are_fast():
    lines = ["anna maria"] * 15_000
    vocabulary = Vocabulary.of(lines)
    start = time.perf_counter()
    x, _ = windows(lines, vocabulary, 3)
    # 165,000 windows took 0.01 s when measured; a loop takes a second and more.
    assert time.perf_counter() - start < 0.5
    assert len(x) == 165_000
