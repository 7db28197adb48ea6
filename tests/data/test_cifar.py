"""CIFAR-10: its layout in small files, unpacked or in their archive, and the published counts where it lies."""

import hashlib
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from firsthand.data import describe
from firsthand.data.cifar import CLASSES, as_cifar, load_cifar10, part
from firsthand.data.registry import DATASETS, download, status
from firsthand.errors import UserError


@pytest.fixture
def small(empty_folder, monkeypatch) -> list[bytes]:
    """Six files of ten pictures each in the data folder, with their own checksums in the registry."""
    dice = np.random.default_rng(0)
    contents = [dice.integers(0, 256, (10, 3073), np.uint8) for _ in range(6)]
    for rows in contents:
        rows[:, 0] = dice.permutation(10)
    known = DATASETS["cifar10"]
    unpacked = []
    for file, rows in zip(known.unpacked, contents, strict=True):
        path = empty_folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rows.tobytes())
        unpacked.append(replace(file, sums=(f"sha256:{hashlib.sha256(rows.tobytes()).hexdigest()}",)))
    monkeypatch.setitem(DATASETS, "cifar10", replace(known, unpacked=tuple(unpacked)))
    return [rows.tobytes() for rows in contents]


def pixel(content: bytes, picture: int, channel: int, row: int, column: int) -> int:
    """By the published layout: 1 byte of label, 1,024 of red row by row, 1,024 of green, 1,024 of blue."""
    return content[picture * 3073 + 1 + channel * 1024 + row * 32 + column]


def test_layout(small):
    sets = load_cifar10(7)
    assert [len(part[1]) for part in (sets.train, sets.val, sets.test)] == [43, 7, 10]
    images = torch.cat([sets.train[0], sets.val[0]])
    for picture, channel, row, column in ((0, 0, 0, 0), (3, 1, 0, 31), (27, 2, 31, 0), (49, 0, 17, 5)):
        file, place = divmod(picture, 10)
        assert images[picture, channel, row, column] == pixel(small[file], place, channel, row, column)
    assert sets.test[0][9, 2, 30, 31] == pixel(small[5], 9, 2, 30, 31)
    assert sets.val[1].tolist() == [small[4][3073 * i] for i in range(3, 10)]
    assert sets.classes == CLASSES and len(CLASSES) == 10
    assert load_cifar10(0).val is None
    with pytest.raises(UserError, match="50 images cannot be held out"):
        load_cifar10(50)


def test_the_archive_does_as_well(small, empty_folder, monkeypatch):
    """And is what is downloaded where not all of the files lie here."""
    plain = load_cifar10(7)
    known = DATASETS["cifar10"]
    with tarfile.open(empty_folder / known.files[0].path, "w:gz") as archive:
        archive.add(empty_folder / "cifar-10-batches-bin", "cifar-10-batches-bin")
    (empty_folder / known.unpacked[2].path).unlink()
    with pytest.raises(UserError, match=r"is not the file that 'cifar-10-binary\.tar\.gz' should be: its checksum"):
        load_cifar10(7)
    md5 = hashlib.md5((empty_folder / known.files[0].path).read_bytes(), usedforsecurity=False).hexdigest()
    archived = replace(known.files[0], sums=(known.files[0].sums[0], f"md5:{md5}"))
    monkeypatch.setitem(DATASETS, "cifar10", replace(known, files=(archived,)))
    packed = load_cifar10(7)
    for one, other in ((plain.train, packed.train), (plain.val, packed.val), (plain.test, packed.test)):
        assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


def test_a_wrong_file(small, empty_folder):
    path = empty_folder / DATASETS["cifar10"].unpacked[1].path
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"data_batch_2\.bin' should be: its checksum .* delete it\."):
        load_cifar10()
    with pytest.raises(UserError, match="delete it"):
        download("cifar10")
    with pytest.raises(UserError, match="has 3,072 bytes, not 3,073 a picture"):
        part(Path("a.bin"), bytes(3072))
    with pytest.raises(UserError, match="label 10, of 10 classes"):
        part(Path("a.bin"), bytes([10]) + bytes(3072))


def test_what_is_told(small):
    assert status(DATASETS["cifar10"]) == "here"
    assert len(download("cifar10")) == 6


def test_published_counts(data_folder):
    """Where the whole data set lies: as many of each class in the test file, and the means that everybody uses."""
    if status(DATASETS["cifar10"]) != "here":
        pytest.skip("CIFAR-10 is not in the data folder")
    sets = load_cifar10(0)
    assert sets.train[1].bincount().tolist() == [5000] * 10 and sets.test[1].bincount().tolist() == [1000] * 10
    mean = sum(part.double().sum((0, 2, 3)) for part in sets.train[0].split(1000)) / 255 / 1024 / 50_000
    assert mean.tolist() == pytest.approx([0.4914, 0.4822, 0.4465], abs=5e-5)
    assert [CLASSES[label] for label in sets.test[1][:4]] == ["cat", "ship", "ship", "airplane"]
    assert describe("cifar10")["examples"] == 60_000


def test_a_users_picture(tmp_path):
    Image.new("RGB", (300, 200), (10, 200, 90)).save(tmp_path / "a.png")
    assert as_cifar(tmp_path / "a.png").flatten(1)[:, 0].tolist() == [10, 200, 90]
    assert as_cifar(tmp_path / "a.png").shape == (3, 32, 32)
