"""BibTeX becomes plain words, a broken entry costs no other one, and identifiers find their papers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand import papers
from firsthand.errors import UserError
from firsthand.study import bibliography
from firsthand.study.bibliography import Name, identifiers, known, parse

GOOD = "@misc{good, title={Good}, year={2000}}"


@pytest.mark.parametrize("key", papers.keys())
def test_every_reference_is_what_its_card_says(key):
    """Cards and BibTeX were written apart from each other; a subject's title goes on where the reference's ends."""
    cards, items = papers.get(key).card.references, bibliography.of_paper(key)
    assert len(items) == len(cards)
    for card, item in zip(cards, items, strict=True):
        assert item.year == card.year and card.title.lower().startswith(item.title.lower())
        assert [name.family.split()[-1] for name in item.authors] == [name.split()[-1] for name in card.authors]
        assert not set("{}\\") & set("".join(item.fields.values()))


def test_words():
    """LaTeX as it prints, links as they are."""
    (item,), problems = parse(
        r"""@InProceedings{a+b:c/d, title = {The {\TeX}book of 50\% \& $\alpha$ {MADE}: a -- b},
        author = "M{\"u}ller, J{\'e}r{\^o}me and {Google Brain Team} and van der Berg, Jr., Ann and Plato and others",
        pages = {12--34}, year = 1999, url = {http://x.org/a%20b_c~d}, doi = {https://doi.org/10.1000/a_b},
        booktitle = {Proc.\ of X}, number = 3, volume = {7}}""",
        "x.bib",
    )
    assert problems == []
    assert item.title == "The TeXbook of 50% & α MADE: a – b" and item.kind == "inproceedings" and item.key == "a+b:c/d"
    assert item.authors == (Name("Müller", "Jérôme"), Name("Google Brain Team"), Name("Berg", "Ann", "van der", "Jr."),
                            Name("Plato"))  # fmt: skip
    assert item.pages == ("12", "34") and item.year == 1999 and item.doi == "10.1000/a_b"
    assert item.url == "http://x.org/a%20b_c~d" and item.venue == "Proc. of X 7(3), 12-34"
    assert item.reference.authors == ("Jérôme Müller", "Google Brain Team", "Ann van der Berg Jr.", "Plato")


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ("howpublished={\\url{https://a.org/b_c}}", "https://a.org/b_c"),
        ("note={see https://a.org}", "https://a.org"),
        ("doi={10.1000/x}", "https://doi.org/10.1000/x"),
        ("eprint={1706.03762}", "https://arxiv.org/abs/1706.03762"),
        ("journal={arXiv preprint arXiv:1706.03762}", "https://arxiv.org/abs/1706.03762"),
        ("title={No link}", ""),
    ],
)
def test_where_it_lies(fields, url):
    ((item,), _) = parse(f"@misc{{k, {fields}}}", "x.bib")
    assert item.url == url


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("@article{b, title={x", "line 2: '@article{b, title={x' is broken"),
        ("@article{b title={x}}", "line 2"),
        ("@article{b, author={a, b, c, d, e}}", "line 2"),
        ("@misc{, title={x}}", "line 2: '@misc{, title={x}}' has no key: give it one."),
        ("@misc{good, title={Again}}", "line 2: the key 'good' is taken already: rename it"),
        ("@misc{b, title={x}, title={y}}", "line 2: an entry has two fields title"),
    ],
)
def test_a_broken_entry_is_named_and_the_others_are_kept(broken, words):
    items, problems = parse(f"{GOOD}\n{broken}\n@misc{{last, title={{Last}}}}\n", "my.bib")
    assert [item.key for item in items] == ["good", "last"] and items[0].title == "Good"
    assert problems and problems[0].startswith("my.bib, ") and words in problems[0] and "\n" not in problems[0]


def test_words_of_a_file_are_written_out():
    """An entry that uses a @string can be moved into another file."""
    text = '@string{nat = "Nature"}\n@article{a, title={T}, journal=nat, month=jan}\n' + GOOD
    items, problems = parse(text, "x.bib")
    assert problems == [] and items[0].get("journal") == "Nature" and items[1].raw == GOOD
    ((again,), _) = parse(items[0].raw, "y.bib")
    assert again.fields == items[0].fields and "{Nature}" in items[0].raw


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='@misc{},="\\abc 1#%$~-\n\r\té中', max_size=80))
def test_no_text_is_too_odd(noise):
    """Whatever stands before, an entry on a line of its own is found, or the sentence says which line is broken."""
    items, problems = parse(f"{GOOD}\n{noise}", "x.bib")
    assert any(item.key == "good" for item in items) or problems
    assert all(sentence.startswith("x.bib, line ") for sentence in problems)


def test_files(tmp_path):
    path = tmp_path / "my.bib"
    assert bibliography.read(path) == ([], [])
    path.write_bytes("\ufeff@misc{a, title={Ünï}}\r\n".encode())
    assert bibliography.read(path)[0][0].title == "Ünï"
    path.write_bytes("@misc{a, title={Müller}}".encode("latin-1"))
    assert bibliography.read(path)[0][0].title == "Müller"
    path.write_bytes(b"\x00\x01")
    with pytest.raises(UserError, match="is no BibTeX"):
        bibliography.read(path)
    with pytest.raises(UserError, match="is a folder"):
        bibliography.read(tmp_path)


def test_known_identifiers():
    """A paper that we have divided is found with both halves; a second reference behind the main ones."""
    assert known()["arXiv", "1706.03762"] == [("selfattention", 0), ("transformer", 0)]
    assert known()["DOI", "10.1038/nature14539"] == [("survey", 0)]
    assert known()["arXiv", "1211.5063"] == [("vanishing", 1)]
    assert known()["arXiv", "1502.03167"][0] == ("batchnorm", 0)
    for key in papers.keys():
        for name in identifiers(bibliography.of_paper(key)[0]):
            assert (key, 0) in known()[name]
