"""The data sets by name, and what is told about them."""

import json
import subprocess
import sys

import pytest

from firsthand.data import DATASETS, describe, status
from firsthand.data.registry import download
from firsthand.errors import UserError


def test_the_registry_imports_nothing_heavy():
    heavy = ["torch", "numpy", "sklearn", "faker", "PIL", "pooch", "requests", "matplotlib"]
    program = f"import sys, firsthand.data; print([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_every_data_set_is_embedded_or_has_checked_files():
    assert set(DATASETS) == {
        "names", "makemore-names", "indian-male-names", "python-docs", "timemachine", "tinyshakespeare", "brown",
        "multi30k", "fra-eng", "numbers", "dates", "digits", "mnist", "fashion-mnist", "cifar10", "usps",
        "binarized-mnist", "dna", "mushrooms", "nips", "frey", "text8", "analogies", "word-similarity",
    }  # fmt: skip
    for name, dataset in DATASETS.items():
        assert name == dataset.name
        assert dataset.embedded == (not dataset.files)
        assert dataset.about.endswith(".") and dataset.source.startswith("http") and dataset.licence
        for file in dataset.files:
            assert all(known.startswith(("sha256:", "sha1:", "md5:")) for known in file.sums)
            assert all(known.startswith("sha256:") for known in file.content_sums)
            assert (file.sums or file.content_sums) and file.url.startswith(("https://", "http://fashion-mnist.s3-website"))
            assert file.dataset == name


def test_status(empty_folder):
    assert {name: status(dataset) for name, dataset in DATASETS.items()} == {
        "names": "embedded",
        "makemore-names": "to download",
        "indian-male-names": "to download",
        "python-docs": "embedded",
        "timemachine": "to download",
        "tinyshakespeare": "to download",
        "brown": "to download",
        "multi30k": "to download",
        "fra-eng": "to download",
        "numbers": "embedded",
        "dates": "embedded",
        "digits": "embedded",
        "mnist": "to download",
        "fashion-mnist": "to download",
        "cifar10": "to download",
        "usps": "to download",
        "binarized-mnist": "to download",
        "dna": "to download",
        "mushrooms": "to download",
        "nips": "to download",
        "frey": "to download",
        "text8": "to download",
        "analogies": "to download",
        "word-similarity": "to download",
    }
    (empty_folder / "mnist").mkdir(parents=True)
    for file in DATASETS["mnist"].files:
        assert status(DATASETS["mnist"]) == "to download"
        (empty_folder / file.path).touch()
    assert status(DATASETS["mnist"]) == "here"


def test_download_of_an_unknown_or_embedded_data_set(empty_folder):
    assert download("names") == []
    with pytest.raises(UserError, match="did you mean 'mnist'"):
        download("mnits")


def test_describe_before_a_download(empty_folder):
    card = describe("mnist")
    assert card["status"] == "to download"
    assert [file["bytes"] for file in card["files"]] == [None] * 4
    assert "samples" not in card


def test_describe_lines(data_folder):
    card = describe("indian-male-names")
    assert card["files"][0]["bytes"] == 297_860
    assert card["examples"] == 14_821
    assert card["distinct"] == 8_519
    assert card["characters"] == 87
    assert card["samples"] == ["barjraj", "ramdin verma", "sharat chandran"]
    assert round(100 * card["val_in_train"], 1) == 47.6
    json.dumps(card)


def test_describe_images():
    card = describe("digits")
    assert (card["examples"], card["split"]["train"]) == (1797, 1437)
    assert len(card["samples"]) == 3 and "@" in card["samples"][0]["drawing"]
    json.dumps(card)


def test_describe_a_users_file(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("ab\n" * 5 + "c\n" * 5)
    card = describe(str(path))
    assert (card["examples"], card["distinct"], card["characters"]) == (10, 2, 3)
    with pytest.raises(UserError, match=r"mine\.txt"):
        describe(str(tmp_path / "mine.text"))
    with pytest.raises(UserError, match="did you mean 'names'"):
        describe("name")
