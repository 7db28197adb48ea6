"""Vectors of zeros and ones: published files, grey pictures in black and white, a user's own table."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from firsthand.data import DATASETS, Vectors, describe
from firsthand.data.images import ImageSets
from firsthand.data.vectors import bits, of_pictures, read_amat, read_bits
from firsthand.errors import UserError
from firsthand.train.density import Rows


@pytest.mark.parametrize(
    ("name", "counts", "dims"),
    [("dna", (1400, 600, 1186), 180), ("mushrooms", (2000, 500, 5624), 112), ("nips", (400, 100, 1240), 500)],
)
def test_the_published_splits(data_folder, name, counts, dims):
    """Germain et al. (2015), table 2."""
    sets = Vectors(name).load()
    assert [part.shape for part in (sets.train, sets.val, sets.test)] == [(count, dims) for count in counts]
    assert sets.train.dtype == torch.uint8 and set(sets.train.unique().tolist()) == {0, 1} and sets.shape is None
    assert describe(name)["bits"] == dims


def test_mushrooms_say_one_thing_of_each_attribute(data_folder):
    """Each of 21 attributes with values known is coded as one bit of several: so many are 1 in every row."""
    assert (Vectors("mushrooms").load().train.sum(1) == 21).all()


def test_an_npz_with_pickled_objects_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "made-uci" / "dna.npz"
    path.parent.mkdir()
    np.savez(path, train_data=np.array([{}], dtype=object), valid_data=0, test_data=0)
    _known(monkeypatch, tmp_path, "dna", path)
    with pytest.raises(UserError, match=r"dna\.npz cannot be read .* allow_pickle=False"):
        Vectors("dna").load()
    np.savez(path, train_data=np.full((1400, 180), 2), valid_data=np.zeros((600, 180)), test_data=np.zeros((1186, 180)))
    _known(monkeypatch, tmp_path, "dna", path)
    with pytest.raises(UserError, match="does not hold"):
        Vectors("dna").load()


def _known(monkeypatch, folder, name, *paths):
    """The files at these paths are what the data set's files should be."""
    monkeypatch.setenv("FIRSTHAND_DATA", str(folder))
    sums = [("sha256:" + hashlib.sha256(path.read_bytes()).hexdigest(),) for path in paths]
    files = tuple(replace(file, sums=s) for file, s in zip(DATASETS[name].files, sums, strict=True))
    monkeypatch.setitem(DATASETS, name, replace(DATASETS[name], files=files))


def _amat(rows: np.ndarray) -> bytes:
    return "".join(" ".join(map(str, row)) + "\n" for row in rows.tolist()).encode()


def test_binarized_mnist_is_read_as_it_is_written(tmp_path, monkeypatch):
    """The published test file has 15,680,000 bytes, which are 10,000 lines of 784 digits, spaces and a line feed."""
    assert 10_000 * 2 * 784 == 15_680_000
    rows = np.random.default_rng(0).integers(0, 2, (7, 784))
    paths = [tmp_path / file.path for file in DATASETS["binarized-mnist"].files]
    paths[0].parent.mkdir()
    for path in paths:
        path.write_bytes(_amat(rows))
    assert np.array_equal(read_amat(paths[0], 784).numpy(), rows)
    _known(monkeypatch, tmp_path, "binarized-mnist", *paths)
    with pytest.raises(UserError, match=r"train\.amat holds 7 pictures, expected 50,000"):
        Vectors("binarized-mnist").load()
    paths[2].write_bytes(b"0 1\n")
    with pytest.raises(UserError, match=r"test\.amat is not the file .* its checksum should be sha256"):
        Vectors("binarized-mnist").load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "has 0 bytes"),
        (b"0 1 1\n0 1\n", "has 10 bytes, not whole lines of 3 digits"),
        (b"0 1 1\n0 2 1\n", "line 2 is not 3 digits"),
        (b"0 1 1\n0,1,1\n", "line 2 is not 3 digits"),
        (b"0 1 1 0 1 1\n", "line 1 is not 3 digits"),
    ],
)
def test_lines_of_another_form_are_refused(tmp_path, text, message):
    path = tmp_path / "some.amat"
    path.write_bytes(text)
    with pytest.raises(UserError, match=message):
        read_amat(path, 3)


def test_grey_levels_are_the_shares_of_ones():
    """A mean of 4,000 draws lies within 5 deviations of at most 0.5 / sqrt(4000) of its expectation."""
    levels = torch.tensor([0, 1, 51, 128, 254, 255], dtype=torch.uint8).expand(4000, -1)
    found = bits(levels, 3, 7, torch.arange(4000)).double().mean(0)
    assert (found - levels[0] / 255).abs().max() < 5 * 0.5 / 4000**0.5
    assert found[0] == 0 and found[-1] == 1


def test_bits_are_a_function_of_seed_step_and_index():
    levels = torch.full((6, 40), 128, dtype=torch.uint8)
    indices = torch.tensor([9, 2, 5, 0, 7, 1])
    whole = bits(levels, 0, 3, indices)
    assert torch.equal(whole, torch.cat([bits(levels[:2], 0, 3, indices[:2]), bits(levels[2:], 0, 3, indices[2:])]))
    for other in (bits(levels, 1, 3, indices), bits(levels, 0, 4, indices), bits(levels, 0, 3, indices + 1)):
        assert not torch.equal(whole, other)


def test_fixed_bits_do_not_depend_on_the_split():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (50, 3, 4), generator=generator, dtype=torch.uint8)
    labels = torch.arange(50)
    found = []
    for kept in (20, 30):
        parts = (images[:kept], labels[:kept]), (images[kept:40], labels[kept:40]), (images[40:], labels[40:])
        found.append(of_pictures(ImageSets(*parts, ("0",)), "some", "fixed", 0))
    usual, larger = found
    assert torch.equal(torch.cat([usual.train, usual.val]), torch.cat([larger.train, larger.val]))
    assert torch.equal(usual.test, larger.test) and usual.shape == (3, 4) and not usual.levels


def test_mnist_is_split_as_by_larochelle_and_murray(data_folder):
    usual, grey = Vectors("mnist").load(), Vectors("mnist", binarise="none").load()
    assert [len(part) for part in (usual.train, usual.val, usual.test)] == [50_000, 10_000, 10_000]
    assert grey.levels and grey.labels[2][:5].tolist() == [7, 2, 1, 0, 4]
    # The share of ones is the mean grey level: 39 million draws, so that 5 deviations are below 0.0004.
    assert abs(usual.train.double().mean() - grey.train.double().mean() / 255) < 4e-4
    assert ((grey.train > 0) >= usual.train).all()


def test_drawn_bits_are_anew_in_training_and_alike_in_scoring():
    sets = Vectors("digits", binarise="drawn").load()
    assert sets.drawn and sets.train.max() > 1 and sets.val.max() == 1
    rows, indices = Rows(sets.train, draw_seed=0), torch.arange(20)
    first, second = rows.trained(indices, 0, 0)[0], rows.trained(indices, 1, 0)[0]
    assert not torch.equal(first, second) and torch.equal(first, rows.trained(indices, 0, 0)[0])
    assert torch.equal(rows.batch(indices)[0], rows.batch(indices)[0])
    fixed = Vectors("digits").load()
    assert torch.equal(rows.batch(indices)[0], Rows(fixed.train).batch(indices)[0])  # scored on the fixed set
    assert torch.equal(sets.val, fixed.val) and torch.equal(sets.test, fixed.test)
    assert not torch.equal(Vectors("digits", draw_seed=1).load().val, fixed.val)


def test_grey_levels_become_numbers_from_0_to_1():
    sets = Vectors("digits", binarise="none").load()
    inputs, targets = Rows(sets.train, 255).batch(torch.arange(3))
    assert torch.equal(inputs, targets) and torch.allclose(inputs * 255, sets.train[:3].float())


@pytest.mark.parametrize(
    "text",
    ["0,1,1\n1,0,1\n", "0;1;1\n\n1;0;1", "0 1 1\r\n1 0 1\r\n", "a,b,c\n0,1,1\n1,0,1\n", "0.0\t1.0\t1\n1e0\t0\t1.\n"],
)
def test_a_users_table(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode())
    assert read_bits(path).tolist() == [[0, 1, 1], [1, 0, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no rows"),
        ("a,b\n", "holds no rows"),
        ("\n\n", "holds no rows"),
        ("0,1\n1,2\n", "line 2, column 2 is '2': only 0 and 1"),
        ("0,1\n\n1,x\n", "line 3, column 2 is 'x': only 0 and 1"),
        ("0,1\n1,\n", "line 2, column 2 is empty: only 0 and 1"),
        ("0,1\n1,nan\n", "line 2, column 2 is 'nan': only 0 and 1"),
        ("a,b\n0,1\nc,d\n", "line 3, column 1 is 'c'"),
        ("0,1\n1,0,1\n", "line 2 has 3 columns, the lines before it 2"),
        ("0\n1\n", "has one column"),
    ],
)
def test_a_users_table_that_is_none(tmp_path, text, message):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_bits(path)


def test_a_users_table_is_split_and_described(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("".join(f"{i % 2},{i // 2 % 2},1\n" for i in range(20)))
    sets = Vectors(str(path)).load()
    assert [len(part) for part in (sets.train, sets.val, sets.test)] == [16, 2, 2]
    assert describe(str(path))["kind"] == "bits"
    assert len(Vectors(str(path), limit=3).load().train) == 3
    path.write_text("0,1\n" * 9)
    with pytest.raises(UserError, match="has 9 rows: at least 10"):
        Vectors(str(path)).load()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (Vectors("names"), "holds lines, not bits or pictures: choose digits, mnist"),
        (Vectors("minst"), "did you mean 'mnist'"),
        (Vectors("dna", binarise="drawn"), "'binarise' does not apply to the data 'dna'"),
        (Vectors("digits", split_seed=3), "'split_seed' does not apply"),
        (Vectors("digits", limit=5000), "limit is 5000 training vectors"),
    ],
)
def test_options_that_do_not_work(data_folder, spec, message):
    with pytest.raises(UserError, match=message):
        spec.load()
