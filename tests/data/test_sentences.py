"""Vocabularies of sentences: what they know, how they cut words, and what a stranger's file may hold."""

from collections import Counter
from itertools import pairwise

import pytest

from firsthand.data.sentences import BOS, EOS, PAD, SPECIAL, UNK, SentenceVocabulary, clean
from firsthand.errors import UserError

TEXT = ["Ein Hund spielt.", "Zwei Hunde spielen im grünen Gras.", "A dog plays.", "Two dogs are playing, too."] * 3
LEVELS = ("bpe", "wordpiece", "word", "character")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("lower", [False, True])
def test_there_and_back(level, lower):
    """What is known comes back as it was; white space is one space, and lower case stays lower."""
    vocabulary = SentenceVocabulary.of(TEXT, level, 90, lower)
    assert vocabulary.tokens[:4] == SPECIAL and len(set(vocabulary.tokens)) == len(vocabulary) <= 90
    ids = vocabulary.encode(TEXT)
    assert [vocabulary.decode([BOS, *row, EOS, PAD]) for row in ids] == [clean(text, lower) for text in TEXT]
    assert vocabulary.encode(["  Ein\u00a0Hund \n spielt. "]) == ids[:1]
    assert SentenceVocabulary.from_json(vocabulary.to_json()) == vocabulary


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_not_known(level):
    """An unknown character is `UNK`, and `unknown` names the words that hold one."""
    vocabulary = SentenceVocabulary.of(TEXT, level, 90)
    (ids,) = vocabulary.encode(["Ein Qyz ω"])
    assert UNK in ids
    missing = vocabulary.unknown("Ein Qyz ω")
    assert missing == (["Q", "y", "z", "ω"] if level == "character" else ["Qyz", "ω"]) or set(missing) == {
        "Q",
        "ω",
        "z",
    }
    assert vocabulary.unknown("Ein Hund spielt.") == []


def test_merges_by_hand():
    """Each merge joins the pair that is most frequent then, and words are cut by the merges in their order."""
    text = ["low low low lower newest newest widest"]
    vocabulary = SentenceVocabulary.of(text, "bpe", 30)
    words = [["▁", *word] for word in text[0].split()]
    for merge in vocabulary.merges:
        counts = Counter(pair for word in words for pair in pairwise(word))
        assert counts[merge] == max(counts.values())
        words = [joined(word, merge) for word in words]
    assert [vocabulary.named(row) for row in vocabulary.encode(text)] == [[piece for word in words for piece in word]]


def joined(pieces: list[str], merge: tuple[str, str]) -> list[str]:
    """A word's pieces after one merge, from left to right."""
    found: list[str] = []
    for piece in pieces:
        if found and (found[-1], piece) == merge:
            found[-1] += piece
        else:
            found.append(piece)
    return found


def test_the_longest_piece_by_hand():
    """WordPiece takes the longest known beginning, again and again, by a plain loop."""
    vocabulary = SentenceVocabulary.of(TEXT, "wordpiece", 60, lower=True)
    for word in ("spielen", "hunde", "playing"):
        left, found = word, []
        while left:
            prefix = "##" if found else ""
            size = max(n for n in range(1, len(left) + 1) if prefix + left[:n] in vocabulary.tokens)
            found.append(prefix + left[:size])
            left = left[size:]
        assert vocabulary.named(vocabulary.encode([word])[0]) == found


def test_the_most_frequent_words():
    vocabulary = SentenceVocabulary.of(["b b b a a c c d"], "word", 6)
    assert vocabulary.tokens == (*SPECIAL, "b", "a"), "of equals the first in code point order"
    assert SentenceVocabulary.of(["b b b a a c c d"], "word", None, min_count=3).tokens == (*SPECIAL, "b")


def test_the_same_text_gives_the_same_pieces():
    one, other = (SentenceVocabulary.of(TEXT, "bpe", 70) for _ in range(2))
    assert one == other


def test_too_few_tokens():
    with pytest.raises(UserError, match=r"data.size is 12, but the text has \d+ different characters"):
        SentenceVocabulary.of(TEXT, "bpe", 12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": ["<pad>", "<bos>", "<unk>", "<eos>", "a"]}, "not distinct ones after"),
        ({"tokens": [*SPECIAL, "a", "a"]}, "not distinct"),
        ({"tokens": [*SPECIAL, "a", ""]}, "not distinct"),
        ({"level": "character", "tokens": [*SPECIAL, "ab"]}, "not single characters"),
        ({"merges": [["a", "b"]]}, "merges 'a' and 'b'"),
        ({"level": "word", "merges": [["a", "b"]], "tokens": [*SPECIAL, "a", "b", "ab"]}, "are not merged"),
    ],
)
def test_a_damaged_vocabulary(change, message):
    saved = {"level": "bpe", "lower": False, "tokens": [*SPECIAL, "a"], "merges": []} | change
    with pytest.raises(ValueError, match=message):
        SentenceVocabulary.from_json(saved)
