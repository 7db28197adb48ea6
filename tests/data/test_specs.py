"""Which data a recipe names, and the options that do not fit it."""

import pytest
import torch

from firsthand.data import Images, Names
from firsthand.errors import UserError


def test_embedded_names_in_three_parts():
    lines = Names(locale="hu_HU", count=100).load()
    assert [len(part) for part in (lines.train, lines.val, lines.test)] == [80, 10, 10]
    every = lines.train + lines.val + lines.test
    assert lines.vocabulary.characters == tuple(sorted(set("".join(every))))
    assert Names(count=100).load() == Names(locale="en_IN", count=100).load() != Names(count=100, split_seed=1).load()


def test_a_users_file(tmp_path):
    path = tmp_path / "villages.txt"
    path.write_text("\n".join("abcdefghij") + "\na\nb\n")
    lines = Names(str(path)).load()
    assert sorted(lines.train + lines.val + lines.test) == sorted("aabbcdefghij")
    lines = Names(str(path), deduplicate=True).load()
    assert sorted(lines.train + lines.val + lines.test) == sorted("abcdefghij")


def test_without_duplicates_nothing_leaks(data_folder):
    lines = Names("indian-male-names", deduplicate=True).load()
    assert len(lines.train) + len(lines.val) + len(lines.test) == 8_519
    assert not set(lines.train) & set(lines.val)


def test_another_column_of_a_known_csv(data_folder):
    assert set(Names("indian-male-names", column="race").read()) == {"indian"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (Names(column="name"), "'column' does not apply to the data 'names'"),
        (Names("makemore-names", column="name"), "'column' does not apply"),
        (Names("makemore-names", locale="en_IN"), "'locale' does not apply"),
        (Names(header=False), "'header' does not apply to the data 'names'"),
        (Names("indian-male-names", header=False), "'header' does not apply"),
        (Names("indian-male-names", count=10), "'count' does not apply"),
        (Names("mine.txt", count=10), "'count' does not apply"),
        (Names("mine.txt", locale="en_IN"), "'locale' does not apply"),
        (Names("makemore-name"), "did you mean 'makemore-names'"),
        (Names("/nowhere/mine.txt"), "There is no file /nowhere/mine.txt"),
        (Names("mnist"), "holds images, not lines of text: choose names, makemore-names, indian-male-names"),
        (Names(count=5), "5 lines: at least 6"),
        (Names("brown"), "'brown' holds tagged text, not lines of text"),
        (Images("brown"), "'brown' holds tagged text, not images"),
        (Images("names"), "holds lines of text, not images: choose digits, mnist"),
        (Images("mnits"), "did you mean 'mnist'"),
        (Images("digits", validation=100), "'validation' does not apply"),
        (Images("digits", limit=1438), "limit is 1438 training images: choose from 1 to 1,437"),
    ],
)
def test_what_does_not_fit_is_refused(spec, message):
    with pytest.raises(UserError, match=message):
        spec.load()


def test_six_lines_are_enough_for_every_part():
    lines = Names(count=6).load()
    assert [len(part) for part in (lines.train, lines.val, lines.test)] == [4, 1, 1]


def test_mnist_is_held_out_from_the_end_and_limited_from_the_start(data_folder):
    every = Images(validation=0).load()
    some = Images(limit=101, validation=1003).load()
    assert every.val is None and len(every.train[1]) == 60_000
    for i in (0, 1):
        assert torch.equal(some.train[i], every.train[i][:101])
        assert torch.equal(some.val[i], every.train[i][-1003:])
        assert torch.equal(some.test[i], every.test[i])
    assert [len(part[1]) for part in (Images().load().train, Images().load().val)] == [55_000, 5_000]
    for wrong in ({"limit": 0}, {"validation": -1}):
        with pytest.raises(UserError, match="must be at least"):
            Images(**wrong)
    for spec in (Images(limit=55_001), Images(validation=60_000)):
        with pytest.raises(UserError, match="choose from"):
            spec.load()
