"""Pairs of sentences: data sets, a user's files and their mistakes, the split, and what needs no download."""

import gzip
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.data import describe
from firsthand.data.pairs import Pairs, read_vocabularies, split_pairs, to_json
from firsthand.data.parallel import read_pairs
from firsthand.data.spelled import spelled_dates, spelled_numbers
from firsthand.errors import UserError

ROWS = [(f"the number {n}", f"die Zahl {n}") for n in range(20)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A TSV file of twenty pairs in its second and third column."""
    lines = ["id\ten\tde", *(f"{n}\t{one}\t{two}" for n, (one, two) in enumerate(ROWS))]
    (tmp_path / "pairs.tsv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "pairs.tsv"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two text files, line by line."""
    paths = tmp_path / "train.en", tmp_path / "train.de"
    for path, side in zip(paths, zip(*ROWS, strict=True), strict=True):
        path.write_text("\n".join(side) + "\n", encoding="utf-8")
    return paths


def test_a_table(table):
    """Columns by name or number, of a packed file, too."""
    assert read_pairs(table, columns=("en", "de")) == ROWS == read_pairs(table, columns=("2", "3"))
    packed = table.with_name("pairs.tsv.gz")
    packed.write_bytes(gzip.compress(table.read_bytes()))
    assert read_pairs(packed, columns=("de", "en")) == [(two, one) for one, two in ROWS]
    with pytest.raises(UserError, match="There is no column 'fr'"):
        read_pairs(table, columns=("en", "fr"))


def test_two_files(files):
    assert read_pairs(*files) == ROWS
    sets = Pairs(str(files[0]), other=str(files[1]), level="word").load()
    assert sorted(sets.train + sets.val + sets.test) == sorted(ROWS)
    assert sets.source is sets.target and "Zahl" in sets.source.tokens


def test_an_archive_of_tab_separated_lines(tmp_path):
    """As Tatoeba's: no header, in newer editions a third column, and a file that tells about it."""
    path = tmp_path / "deu-eng.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_about.txt", "about\n")
        archive.writestr("deu.txt", "".join(f"{one}\t{two}\tCC-BY\n" for one, two in ROWS))
    assert read_pairs(path) == ROWS and read_pairs(path, columns=("2", "1"))[0] == ROWS[0][::-1]
    with pytest.raises(UserError, match="line 1 has 3 columns, without names"):
        read_pairs(path, columns=("4", "1"))


def test_mistakes_in_files(files, table, tmp_path):
    """One sentence with the line."""
    one, other = files
    other.write_text("\n".join(two for _, two in ROWS[:-3]), encoding="utf-8")
    with pytest.raises(UserError, match=r"has 20 lines and .* 17: .* is line 18 of .*train.en"):
        read_pairs(one, other)
    other.write_text("\n".join("" if n in (4, 9) else two for n, (_, two) in enumerate(ROWS)), encoding="utf-8")
    with pytest.raises(UserError, match=r"line 5 of .*train.en and .*train.de has an empty target, as have 1 more"):
        read_pairs(one, other)
    assert len(read_pairs(one, other, skip_empty=True)) == 18
    one.write_text("\n".join("" if n == 4 else first for n, (first, _) in enumerate(ROWS)), encoding="utf-8")
    with pytest.raises(UserError, match=r"line 10 of"):
        read_pairs(one, other)
    other.write_bytes("\n".join("Größe" for _ in ROWS).encode("latin1"))
    with pytest.raises(UserError, match="is not UTF-8 text: its byte 2 is 0xf6"):
        read_pairs(one, other)
    table.write_text(table.read_text(encoding="utf-8").replace("die Zahl 7", ""), encoding="utf-8")
    with pytest.raises(UserError, match=r"pair 8 of .* has an empty target"):
        read_pairs(table, columns=("en", "de"))
    with pytest.raises(UserError, match="no table of pairs"):
        read_pairs(one)
    with pytest.raises(UserError, match="Two files have no columns"):
        read_pairs(one, other, ("en", None))
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4nothing")
    with pytest.raises(UserError, match="cannot be unpacked"):
        read_pairs(tmp_path / "broken.zip")
    with pytest.raises(UserError, match="There is no file"):
        read_pairs(tmp_path / "none.tsv")


def test_no_source_in_two_parts():
    """A sentence with several translations is in one part, and equal pairs count once."""
    pairs = [(f"s{n % 50}", f"t{n}") for n in range(200)] + [("s1", "t1")] * 5
    parts = split_pairs(pairs, "these")
    sources = [{source for source, _ in part} for part in parts]
    assert [len(one) for one in sources] == [40, 5, 5] and sum(map(len, parts)) == 200
    assert not sources[0] & sources[1] and not sources[0] & sources[2] and not sources[1] & sources[2]
    assert parts == split_pairs(pairs, "these") != split_pairs(pairs, "these", seed=1)
    with pytest.raises(UserError, match="has 1 different sources"):
        split_pairs([("a", str(n)) for n in range(99)], "these")


def test_numbers():
    """Against the words that anybody knows; all distinct, of every length."""
    pairs = spelled_numbers("digits", "en", 2000)
    assert len({one for one, _ in pairs}) == 2000 and {len(one) for one, _ in pairs} == {1, 2, 3, 4, 5, 6}
    found = dict(pairs)
    assert found["7"] == "seven" and all("hundred" in found[n] for n in found if len(n) == 3)
    assert dict(spelled_numbers("digits", "de", 100))["7"] == "sieben"
    with pytest.raises(UserError, match="There is no language of numbers 'engl'"):
        spelled_numbers("engl")
    with pytest.raises(UserError, match="no more than 99,999"):
        spelled_numbers(count=10**6)


def test_dates():
    """Day, month and year of each are read back from what was written."""
    for written, iso in spelled_dates("en", count=200):
        year, _, day = iso.split("-")
        assert year in written and str(int(day)) in written
    assert "Dezember" in " ".join(one for one, _ in spelled_dates("de", count=200))
    with pytest.raises(UserError, match="Babel knows no language 'klingon'"):
        spelled_dates("klingon")


@pytest.mark.parametrize(
    ("options", "languages"),
    [
        ({}, ("en", "de")),
        ({"source": "de"}, ("de", "en")),
        ({"target": "en"}, ("de", "en")),
        ({"target": "fr"}, ("en", "fr")),
        ({"name": "dates", "source": "fr"}, ("fr", "iso")),
        ({"name": "x.tsv"}, ("source", "target")),
    ],
)
def test_languages(options, languages):
    assert Pairs(**options).languages == languages


def test_embedded_sets_and_their_mistakes():
    sets = Pairs("dates", count=60, level="character").load()
    assert [len(part) for part in (sets.train, sets.val, sets.test)] == [48, 6, 6]
    assert len(Pairs("dates", count=60, level="word", limit=5).load().train) == 5
    two = Pairs("numbers", count=60, level="word", joint=False).load()
    assert two.source is not two.target and "seven" not in two.source.tokens
    for pairs, message in (
        (Pairs("dates", other="x"), "'other' does not apply"),
        (Pairs("multi30k", count=5), "'count' does not apply"),
        (Pairs("names"), "'names' holds lines, not pairs: choose multi30k"),
        (Pairs("multi30k", source="pl"), "There is no language of 'multi30k' 'pl'"),
        (Pairs("multi30k", source="de", target="de"), "are both 'de'"),
        (Pairs("mult30k"), "did you mean 'multi30k'"),
    ):
        with pytest.raises(UserError, match=message):
            pairs.load()
    with pytest.raises(UserError, match=r"data\.longest must be at least 1"):
        Pairs(longest=0)


def test_a_kept_vocabulary(tmp_path):
    """A run's file gives the same tokens to other pairs; anything else is refused in one sentence."""
    sets = Pairs("numbers", count=60, level="word", joint=False).load()
    path = tmp_path / "vocabulary.json"
    path.write_text(json.dumps(to_json(sets.source, sets.target)))
    assert read_vocabularies(path) == (sets.source, sets.target)
    again = replace(Pairs("numbers", count=90, level="word"), vocabulary=str(path)).load()
    assert (again.source, again.target) == (sets.source, sets.target)
    for content in ({"source": None}, {"source": None, "target": {"level": "bpe"}}, [], {"characters": "abc"}):
        path.write_text(json.dumps(content))
        with pytest.raises(UserError, match=r"vocabulary.json is damaged"):
            read_vocabularies(path)


def test_the_canonical_sets(data_folder):
    """As many pairs as published, and the same sentence in three languages."""
    english, german = Pairs("multi30k").parts(), Pairs("multi30k", source="de", target="fr").parts()
    assert [len(part) for part in english] == [29_000, 1014, 1000]
    assert english[0][0] == (
        "Two young, White males are outside near many bushes.",
        "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.",
    )
    assert german[0][0][0] == english[0][0][1] and german[0][0][1].startswith("Deux jeunes hommes")
    tatoeba = Pairs("fra-eng", source="fr").parts()
    assert ("Va !", "Go.") in {pair for part in tatoeba for pair in part}


def test_what_is_told_of_a_set():
    """How many pairs, of which languages, how long, and the first of them."""
    facts = describe("dates")
    assert facts["languages"] == ["en", "iso"] and facts["split"] == {"train": 4000, "val": 500, "test": 500}
    assert facts["examples"] == 5000 and len(facts["samples"]) == 3 and " → " in facts["samples"][0]
    assert facts["words"]["iso"] == 1.0 < facts["words"]["en"]
