"""A user's own folder of pictures: its layouts, what it must not cost, and what a mistake in it is told as."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from firsthand.data import describe, image_folder
from firsthand.data.image_folder import load_folder
from firsthand.data.specs import Images, Pictures
from firsthand.errors import UserError


def fill(folder: Path, count: int, start: int = 0, suffix: str = ".png") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        Image.new("RGB", (8, 6), (number, 0, 0)).save(folder / f"{number}{suffix}")


@pytest.fixture
def flat(tmp_path) -> Path:
    """Cats, dogs and mice: 30, 20 and 10."""
    for name, count in (("cat", 30), ("dog", 20), ("mouse", 10)):
        fill(tmp_path / "animals" / name, count)
    return tmp_path / "animals"


def names(listing) -> set[str]:
    return {str(listing.path(i).relative_to(listing.folder)) for i in range(len(listing))}


def test_a_folder_a_class(flat):
    """A tenth of each class for validation, one for the test, by their names; no picture is in two parts."""
    found = load_folder(flat)
    assert found.classes == ("cat", "dog", "mouse")
    parts = (found.train, found.val, found.test)
    assert [part.labels.bincount().tolist() for part in parts] == [[24, 16, 8], [3, 2, 1], [3, 2, 1]]
    assert len(set.union(*map(names, parts))) == 60
    for part in parts:
        assert all(part.path(i).parent.name == found.classes[label] for i, label in enumerate(part.labels.tolist()))
        assert all(part.path(i).is_file() for i in range(len(part)))
    again = load_folder(str(flat))
    assert names(again.val) == names(found.val) and again.train.digest() == found.train.digest()


def test_more_pictures_leave_most_where_they_are(flat):
    """The parts hang on the names: of ten more cats one is held out, and at most one place changes hands for it."""
    before = load_folder(flat)
    fill(flat / "cat", 10, start=30)
    after = load_folder(flat)
    assert len(names(before.test) - names(after.test) - names(after.val)) <= 1
    assert names(before.train) & names(after.test) <= names(before.train)


def test_imagenets_layout(tmp_path):
    """train/CLASS and val/CLASS, and a test folder without classes, as ImageNet's is."""
    for part, count in (("train", 5), ("val", 2)):
        for name in ("n01440764", "n01443537"):
            fill(tmp_path / part / name, count, suffix=".JPEG")
    fill(tmp_path / "test", 3)
    found = load_folder(tmp_path)
    assert found.classes == ("n01440764", "n01443537") and found.test is None
    assert [len(found.train), len(found.val)] == [10, 4]
    assert names(found.train) == {f"{name}/{i}.JPEG" for name in found.classes for i in range(5)}


def test_train_and_test_only(tmp_path):
    for part, count in (("train", 10), ("test", 2)):
        for name in "ab":
            fill(tmp_path / part / name, count)
    found = load_folder(tmp_path)
    assert [len(part) for part in (found.train, found.val, found.test)] == [18, 2, 4]
    fill(tmp_path / "test" / "c", 1)
    with pytest.raises(UserError, match=r"has a class 'c', which .*train does not have"):
        load_folder(tmp_path)


def test_files_that_are_no_pictures(flat, capsys):
    """Told once and by name; files that do not pretend are passed over, and so are links that go nowhere."""
    (flat / "cat" / "broken.jpg").write_text("no picture")
    (flat / "dog" / "empty.png").touch()
    (flat / "dog" / "gone.png").symlink_to(flat / "nowhere.png")
    (flat / "dog" / "round.png").symlink_to(flat / "dog" / "round.png")
    (flat / "dog" / "notes.txt").write_text("a list")
    (flat / "dog" / ".hidden.png").touch()
    (flat / "round").symlink_to(flat)  # a folder in itself
    (flat / "itself").symlink_to(flat / "itself")
    found = load_folder(flat)
    told = capsys.readouterr().err
    assert sum(map(len, (found.train, found.val, found.test))) == 60
    assert "4 of 64 files cannot be read as pictures and are left out: cat/broken.jpg, dog/empty.png, dog/gone" in told
    assert "what holds no pictures itself is no class (round)" in told and "Traceback" not in told
    load_folder(flat)
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may read everything")
def test_what_may_not_be_read(flat, capsys):
    (flat / "cat" / "0.png").chmod(0)
    load_folder(flat)
    assert "1 of 60 files cannot be read" in capsys.readouterr().err
    (flat / "cat").chmod(0)
    with pytest.raises(UserError, match=r"cat cannot be read: Permission denied"):
        load_folder(flat)
    (flat / "cat").chmod(0o700)


def empty(root):
    root.mkdir()


def no_folders(root):
    fill(root, 3)


def empty_folders(root):
    for name in "ab":
        (root / name).mkdir(parents=True)


def one_class(root):
    fill(root / "cat", 9)


def a_level_too_high(root):
    for name in "ab":
        fill(root / "pets" / name, 9)


def nonsense(root):
    for name in "ab":
        (root / name / "c" / "d").mkdir(parents=True)


def too_few(root):
    fill(root / "cat", 9)
    fill(root / "dog", 2)


def all_broken(root):
    for name in "ab":
        (root / name).mkdir(parents=True)
        (root / name / "1.png").write_text("no picture")


def a_file(root):
    root.write_text("no folder")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (empty, "has no sub-folders: a folder with a sub-folder of pictures for each class is needed"),
        (no_folders, "has pictures, but no sub-folders"),
        (empty_folders, r"has sub-folders \(a, b\), but no pictures in them"),
        (one_class, "has one class only, 'cat'"),
        (a_level_too_high, r"has no classes: .*pets/a\)\. Did you mean .*root/pets\?"),
        (nonsense, r"has no classes: pictures lie deeper, if at all \(a/c\)"),
        (too_few, "The class 'dog' has 2 pictures: it needs at least 3"),
        (all_broken, "none of its files can be read as a picture"),
        (a_file, "is a file: give a folder"),
        (lambda root: None, "There is no file .*root"),
    ],
)
def test_other_layouts(tmp_path, make, told):
    make(tmp_path / "root")
    with pytest.raises(UserError, match=told):
        load_folder(tmp_path / "root")


def test_a_folder_of_imagenets_size_is_listed_not_read(tmp_path, monkeypatch):
    """Beyond a limit no file is opened, neither to list nor for the digest, which a name or a size changes."""
    monkeypatch.setattr(image_folder, "CHECKED", 50)
    for name in "ab":
        (tmp_path / name).mkdir()
        for number in range(50):
            (tmp_path / name / f"{number}.jpg").write_bytes(b"x" * number)
    monkeypatch.setattr(image_folder, "opened", None)
    found = load_folder(tmp_path)
    assert len(found.train) == 80
    before = found.train.digest()
    path = found.train.path(3)
    path.write_bytes(path.read_bytes()[::-1])
    assert load_folder(tmp_path).train.digest() == before
    path.write_bytes(path.read_bytes() + b"x")
    assert load_folder(tmp_path).train.digest() != before
    assert found.train.names.nbytes <= 8 * 80  # no object a file


def test_names_of_any_script(tmp_path):
    for name in ("кошка", "собака"):
        fill(tmp_path / name, 5)
    (tmp_path / "кошка" / "0.png").rename(tmp_path / "кошка" / "наш кот.PNG")
    found = load_folder(tmp_path)
    assert found.classes == ("кошка", "собака")
    assert any("наш кот.PNG" in name for part in (found.train, found.val, found.test) for name in names(part))


def test_the_spec(flat, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = Pictures("animals").located()
    assert spec.name == str(flat) and spec.seen == 224 and spec.resized == 256
    assert Pictures(str(flat), size=32).resized == 37
    assert len(Pictures(str(flat), limit=7).load().train) == 7
    assert len(np.unique(Pictures(str(flat), limit=20).load().train.labels)) == 3
    Image.new("RGB", (60, 40), (10, 20, 30)).save(tmp_path / "a.png")
    assert Pictures(str(flat), size=16).picture(tmp_path / "a.png").shape == (3, 16, 16)
    for spec, told in (
        (Pictures(str(flat), validation=5), "'validation' does not apply"),
        (Pictures("fashion-mnist", size=5), "'size' does not apply to the data 'fashion-mnist'"),
        (Pictures(str(flat), limit=1000), "The limit is 1000"),
        (Pictures("fashion-minst"), "did you mean 'fashion-mnist'"),
        (Pictures("https://a.org/b.zip"), "is an address"),
    ):
        with pytest.raises(UserError, match=told):
            spec.load()
    with pytest.raises(UserError, match="learns from a data set of small images, not from a folder"):
        Images(str(flat)).load()
    with pytest.raises(UserError, match="the network sees 224 pixels"):
        Pictures(str(flat), shorter=100)


def test_what_is_told_of_it(flat):
    card = describe(str(flat))
    assert card["examples"] == 60 and card["classes"] == {"cat": 30, "dog": 20, "mouse": 10}
    assert card["split"] == {"train": 48, "val": 6, "test": 6}
    assert [row["pixels"] for row in card["samples"]] == ["8x6"] * 3
