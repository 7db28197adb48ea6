"""Papers of the reader's own: numbers without a network, files with broken entries, nothing twice, nothing lost."""

import pytest

from firsthand.errors import UserError
from firsthand.study import bibliography
from firsthand.study.library import add, add_all, checked


def text(journal) -> str:
    return (journal.folder / "library.bib").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "source",
    ["arXiv:1706.03762", "1706.03762v5", "https://arxiv.org/abs/1706.03762", "http://arxiv.org/pdf/1706.03762v1.pdf",
     "ARXIV: 1706.03762"],
)  # fmt: skip
def test_a_number_of_one_of_ours(journal, source):
    """It is told which; nothing is written."""
    result = add(journal, source, {})
    assert result.known == [
        "That is selfattention and transformer, week 11 of the journey: firsthand read selfattention"
    ]
    assert not journal.folder.exists()


@pytest.mark.parametrize(
    "source", ["10.1038/nature14539", "doi:10.1038/NATURE14539", "https://doi.org/10.1038/nature14539"]
)
def test_a_doi_of_one_of_ours(journal, source):
    assert add(journal, source, {}).known == ["That is survey, week 1 of the journey: firsthand read survey"]


def test_a_number_of_a_second_reference(journal):
    """Its entry is there already, complete."""
    (item,) = add(journal, "arXiv:1211.5063", {}).new
    assert item.key == "pascanu2013difficulty" and "Pascanu, Razvan" in text(journal)
    assert journal.own["pascanu2013difficulty"].authors[0].family == "Pascanu"
    assert add(journal, "1211.5063", {}).known == ["pascanu2013difficulty is there already, as pascanu2013difficulty."]


@pytest.mark.parametrize(
    ("source", "key", "empty"),
    [
        ("arXiv:2401.12345", "arxiv-2401.12345", ["title", "author"]),
        ("hep-th/9901001", "arxiv-hep-th-9901001", ["title", "author", "year"]),
        ("10.1234/abc(d)<e>", None, []),
        ("10.1234/Abc-(d)_e", "doi-10.1234-Abc--d--e", ["title", "author", "year"]),
    ],
)
def test_a_number_that_nobody_knows_here(journal, source, key, empty):
    """An entry with what the number says; what is empty is named. Asked again, nothing is added."""
    if key is None:
        with pytest.raises(UserError, match="is no paper that could be added"):
            add(journal, source, {})
        return
    result = add(journal, source, {})
    assert result.empty == {key: empty} and journal.own[key].url.endswith(source.removeprefix("arXiv:"))
    before = text(journal)
    assert add(journal, source, {}).new == [] and text(journal) == before
    assert journal.own[key].title == key and journal.text(key).reference.authors == ()


def test_what_a_number_does_not_say_can_be_given(journal):
    fields = {"title": "Wide & deep: 50% {MADE}_1", "author": "Müller, J. and Li, W.", "year": "2025"}
    result = add(journal, "arXiv:2401.12345", checked(fields))
    item = journal.own["arxiv-2401.12345"]
    assert result.empty == {} and item.title == "Wide & deep: 50% MADE_1" and item.year == 2025
    assert [name.family for name in item.authors] == ["Müller", "Li"]
    assert bibliography.parse(text(journal), "x")[1] == []


@pytest.mark.parametrize(
    "fields",
    [{"title": "a {b"}, {"author": "a }b{"}, {"title": "x\\"}, {"year": "soon"}, {"year": "3000"}, {"title": "@misc{"}],
)  # fmt: skip
def test_fields_that_would_break_the_entry(fields):
    with pytest.raises(UserError, match=f"--{next(iter(fields))}"):
        checked(fields)


@pytest.mark.parametrize("source", ["nonsense", "", "12345", "arXiv:", "10.1/x", "https://example.org", "file.txt"])
def test_what_is_no_paper(journal, source):
    with pytest.raises(UserError, match="is no paper that could be added: give arXiv:"):
        add(journal, source, {})
    assert not journal.folder.exists()


def test_a_file(journal, tmp_path):
    """Good entries are added as they were written, broken ones are named; a second time there is nothing new."""
    path = tmp_path / "my.bib"
    path.write_text("@book{a, title={A}, year=1984}\n@book{b, title={x\n@misc{lenet, title={Mine}}\n")
    result = add(journal, str(path), {})
    assert [item.key for item in result.new] == ["a", "lenet-2"] and result.problems[0].startswith("my.bib, line 2: ")
    assert "@book{a, title={A}, year=1984}" in text(journal) and "@misc{lenet-2, title={Mine}}" in text(journal)
    before = text(journal)
    again = add(journal, str(path), {})
    assert again.new == [] and len(again.known) == 2 and text(journal) == before
    with pytest.raises(UserError, match="no file"):
        add(journal, str(tmp_path / "none.bib"), {})


def test_standard_input(journal):
    assert [item.key for item in add(journal, "-", {}, "@misc{a, title={A}}").new] == ["a"]
    assert add(journal, "-", {}, "").new == [] and add(journal, "-", {}, "words").problems == []


def test_what_is_in_the_library_stays(journal):
    """Comments, odd lay-out, broken entries, a hand's own order; before each change a copy is kept."""
    journal.begin()
    mine = "% my own order\n@misc{ x ,title = {X}}\n@misc{broken, title={\n@comment{jabref}\n"
    (journal.folder / "library.bib").write_text(mine)
    with pytest.warns(match="line 3"):
        assert list(journal.own) == ["x"]
    add_all(journal, *bibliography.parse("@misc{x, title={Other}}\n@misc{broken, title={Third}}", "y"))
    assert text(journal).startswith(mine.rstrip("\n"))
    assert "@misc{x-2, title={Other}}" in text(journal) and "@misc{broken-2, title={Third}}" in text(journal)
    assert (journal.folder / ".backup" / "library.1.bib").read_text() == mine


def test_ours_in_a_file_are_told(journal):
    result = add(journal, "-", {}, "@article{he, title={Deep Residual Learning}, eprint={1512.03385}}")
    assert result.new == [] and result.known == ["he: That is resnet, week 3 of the journey: firsthand read resnet"]
