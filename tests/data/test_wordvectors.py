"""Files of word vectors: they read back as they were written, and broken ones are told apart in a sentence."""

import gzip

import numpy as np
import pytest

from firsthand.data.wordvectors import WordVectors, read, write
from firsthand.errors import UserError

FORMATS = ("word2vec-text", "word2vec-binary", "glove")


def some(count: int = 40, width: int = 6) -> WordVectors:
    """Words in several scripts, numbers of all sizes."""
    generator = np.random.default_rng(0)
    matrix = (generator.normal(size=(count, width)) * 10.0 ** generator.integers(-20, 20, (count, width))).astype("f4")
    return WordVectors(tuple(f"wört-{i}" if i % 2 else f"語{i}" for i in range(count)), matrix)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("packed", [False, True])
def test_round_trip(form, packed, tmp_path):
    """Bit for bit, packed too; of a part the first words."""
    vectors, path = some(), tmp_path / "vectors"
    write(vectors, path, form)
    if packed:
        path = tmp_path / "vectors.gz"
        path.write_bytes(gzip.compress((tmp_path / "vectors").read_bytes()))
    found = read(path)
    assert found.words == vectors.words and np.array_equal(found.matrix, vectors.matrix)
    assert read(path, most=3).words == vectors.words[:3]
    with pytest.raises(UserError, match="is there already"):
        write(vectors, path, form)


def test_the_formats_byte_by_byte(tmp_path):
    """As word2vec.c and GloVe write them."""
    vectors = WordVectors(("a", "bc"), np.array([[1, -0.5], [0.25, 3]], "f4"))
    expected = {
        "word2vec-text": b"2 2\na 1 -0.5\nbc 0.25 3\n",
        "word2vec-binary": b"2 2\na " + np.array([1, -0.5], "<f4").tobytes() + b"\nbc "
        + np.array([0.25, 3], "<f4").tobytes() + b"\n",
        "glove": b"a 1 -0.5\nbc 0.25 3\n",
    }  # fmt: skip
    for form, content in expected.items():
        write(vectors, tmp_path / form, form)
        assert (tmp_path / form).read_bytes() == content


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gensim leaves a file open
@pytest.mark.parametrize("form", FORMATS)
def test_gensim_reads_ours_and_we_read_theirs(form, tmp_path):
    """The same words and, bit for bit, the same numbers."""
    models = pytest.importorskip("gensim.models")
    vectors, how = some(), {"binary": form == "word2vec-binary", "no_header": form == "glove"}
    write(vectors, tmp_path / "ours", form)
    found = models.KeyedVectors.load_word2vec_format(str(tmp_path / "ours"), **how)
    assert tuple(found.index_to_key) == vectors.words and np.array_equal(found.vectors, vectors.matrix)
    found.save_word2vec_format(str(tmp_path / "theirs"), binary=how["binary"], write_header=not how["no_header"])
    again = read(tmp_path / "theirs")
    assert again.words == vectors.words and np.array_equal(again.matrix, vectors.matrix)


def test_others_files(tmp_path, capsys):
    """Words with spaces, as GloVe's largest has; a word twice; trailing spaces, as word2vec.c writes; no line feeds."""
    path = tmp_path / "v.txt"
    path.write_text(". . . 1 2 3\nb 4 5 6\nb 7 8 9\n", encoding="utf-8")
    # The first row says how many numbers there are, so a first word with spaces would look like a number too many.
    path.write_text("b 4 5 6 \nx y 1 2 3\nb 7 8 9\n", encoding="utf-8")
    found = read(path)
    assert found.words == ("b", "x y") and found.matrix.tolist() == [[4, 5, 6], [1, 2, 3]]
    assert "1 words more than once" in capsys.readouterr().err
    binary = b"2 2\na " + np.zeros(2, "<f4").tobytes() + b"b " + np.ones(2, "<f4").tobytes()
    path.write_bytes(binary)
    assert read(path).words == ("a", "b")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not|no file|no word vectors"),
        (b"only prose stands here\nand here\n", "not a word and"),
        (b"3 2\na 1 2\nb 3 4\n", "cut short: of 3 words it has 2"),
        (b"1 2\na 1 2\nb 3 4\n", "more than the 1 words"),
        (b"2 2\na 1 2\nb 3\n", "Line 3 .* is not a word and 2 numbers"),
        (b"a 1 2\nb 3 nan\n", "no finite number"),
        (b"2 2\na 1 2\nb 1e99 4\n", "no finite number"),
        (b"2 900000000\na 1 2\n", "which it cannot have"),
        (b"a 1 2\n\xff\xfe 3 4\n", "not UTF-8"),
        (b"2 2\na " + b"\0" * 8 + b"\nb " + b"\0" * 3, "cut short: of 2 words it has 1"),
        (b"2 2\na " + b"\0" * 8 + b"\nb " + b"\0" * 8 + b"\nc " + b"\0" * 8, "more than the 2 words"),
        (b"1 2\na " + np.array([1, np.inf], "<f4").tobytes(), "no finite number"),
        (b"5 2\n" + b"\xff" * 100_000, "does not end"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "a picture"),
        (b"\x80\x04\x95" + b"\0" * 100, "not a word|no file of"),
        (gzip.compress(b"2 2\na 1 2\nb 3 4\n" * 99, mtime=0)[:40], "cannot be read|not a word|cannot be unpacked"),
    ],
)
def test_broken_files(content, message, tmp_path):
    """One sentence each."""
    path = tmp_path / "v.bin"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        read(path)


def test_words_that_cannot_be_written(tmp_path):
    for word in ("a b", "", "a\n"):
        with pytest.raises(UserError, match="white space"):
            write(WordVectors((word,), np.ones((1, 2), "f4")), tmp_path / "v")
    assert not (tmp_path / "v").exists()


def test_nearest():
    """Against all cosines; given words are left out; lower case is tried; a mistyped word names the nearest."""
    vectors = WordVectors(("paris", "london", "rome", "dog"), np.array([[1, 0], [1, 0.1], [1, 1], [-1, 0]], "f4"))
    assert [word for word, _ in vectors.nearest(["Paris"], count=9)] == ["london", "rome", "dog"]
    assert vectors.nearest(["paris"])[1][1] == pytest.approx(np.sqrt(0.5), rel=1e-6)  # float32
    assert vectors.nearest(["rome"], ["paris"], 1)[0][0] == "dog"
    with pytest.raises(UserError, match="london"):
        vectors.nearest(["londen"])
