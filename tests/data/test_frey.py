"""Frey faces: the published values, however they are packed, and a user's own face."""

import hashlib
import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from firsthand.data.frey import as_face, canonical, load_frey
from firsthand.data.registry import DATASETS
from firsthand.data.specs import Images, Vectors
from firsthand.errors import UserError


@pytest.mark.usefixtures("data_folder")
def test_the_published_faces():
    """1,965 different frames in three parts, each of which the file has once."""
    sets = load_frey()
    assert [len(part) for part in (sets.train, sets.val, sets.test)] == [1565, 200, 200]
    together = torch.cat([sets.train, sets.val, sets.test])
    assert len(together.unique(dim=0)) == 1965 and sets.shape == (28, 20) and sets.levels
    assert (int(together.min()), int(together.max())) == (8, 238)


def packed(matrix: np.ndarray, name: str = "ff", compressed: bool = True) -> bytes:
    stream = io.BytesIO()
    savemat(stream, {name: matrix}, do_compression=compressed)
    return stream.getvalue()


def test_what_counts_is_the_matrix():
    """The bytes are those of the frames, packed or not; anything else is told."""
    matrix = np.random.default_rng(0).integers(0, 256, (560, 1965), dtype=np.uint8)
    for compressed in (True, False):
        assert canonical(packed(matrix, compressed=compressed)) == matrix.T.tobytes()
    for content, words in (
        (b"no such file", "not a MATLAB file"),
        (packed(matrix, "other"), "not a MATLAB file with the matrix ff"),
        (packed(matrix[:, :5]), "not 560 x 1965 bytes"),
        (packed(matrix.astype(float)), "not 560 x 1965 bytes"),
        (packed(matrix)[:1000], "not a MATLAB file"),
    ):
        with pytest.raises(ValueError, match=words):
            canonical(content)


def test_other_faces_are_refused(tmp_path, monkeypatch):
    """The sum of what was found is named, and so is the way out."""
    monkeypatch.setenv("FIRSTHAND_DATA", str(tmp_path))
    (tmp_path / "frey").mkdir()
    matrix = np.zeros((560, 1965), dtype=np.uint8)
    (tmp_path / "frey/frey_rawface.mat").write_bytes(packed(matrix))
    found = hashlib.sha256(matrix.tobytes()).hexdigest()
    with pytest.raises(UserError, match=rf"its content should be sha256:2438b.* but is sha256:{found}.*--download"):
        load_frey()


def test_a_users_face(tmp_path):
    """The middle of the picture in the shape of a frame, as grey as it is."""
    pixels = np.zeros((56, 100), dtype=np.uint8)
    pixels[:, 30:70] = np.arange(40) * 6
    Image.fromarray(pixels).save(tmp_path / "face.png")
    face = as_face(tmp_path / "face.png")
    assert face.shape == (28, 20) and (face == torch.arange(20) * 12 + 3).all()
    assert torch.equal(Vectors("frey").picture(tmp_path / "face.png"), face.flatten())
    with pytest.raises(UserError, match="'dna' holds no pictures"):
        Vectors("dna").picture(tmp_path / "face.png")


def test_who_can_use_it():
    """What tells classes apart cannot, for there are none; bits are not drawn of it."""
    assert DATASETS["frey"].kind == "greys"
    with pytest.raises(UserError, match="'frey' holds greys, not images"):
        Images("frey").load()
    with pytest.raises(UserError, match="'binarise' does not apply to the data 'frey'"):
        Vectors("frey", binarise="fixed").load()
