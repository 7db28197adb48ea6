"""Frey faces: 1,965 frames of a video of one man's face, 28 rows of 20 pixels."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, ImageOps
from torch import Tensor

from firsthand.data.files import fetch
from firsthand.data.photos import coloured, opened, quietly
from firsthand.data.registry import DATASETS
from firsthand.data.userfile import located
from firsthand.data.vectors import VectorSets

FRAMES, HEIGHT, WIDTH = 1965, 28, 20
HELD_OUT = 200  # frames for validation, and as many to test
_SEED = 42  # of the shuffle: neighbours in the video look alike


def canonical(content: bytes) -> bytes:
    """The pixels in a MATLAB file, frame by frame, however they were packed; raises ValueError for another file."""
    return _frames(content).tobytes()


def _frames(content: bytes) -> np.ndarray:
    """The matrix `ff`, a frame a row."""
    from scipy.io import loadmat

    try:
        found: Any = loadmat(io.BytesIO(content), variable_names=["ff"])["ff"]
    except Exception as error:  # a file that is none can fail in any way
        raise ValueError(f"it is not a MATLAB file with the matrix ff ({error or type(error).__name__})") from None
    if not isinstance(found, np.ndarray) or found.dtype != np.uint8 or found.shape != (HEIGHT * WIDTH, FRAMES):
        raise ValueError(f"its matrix ff is not {HEIGHT * WIDTH} x {FRAMES} bytes")
    return np.ascontiguousarray(found.T)


def load_frey() -> VectorSets:
    """The faces as grey levels: 1,565 to train on, 200 for validation and 200 to test, all drawn from the whole video.

    There is no published split.
    """
    (file,) = DATASETS["frey"].files
    faces = torch.from_numpy(_frames(fetch(file).read_bytes()).copy())
    faces = faces[torch.randperm(FRAMES, generator=torch.Generator().manual_seed(_SEED))]
    train, val, test = faces.split([FRAMES - 2 * HELD_OUT, HELD_OUT, HELD_OUT])
    return VectorSets(train, val, test, shape=(HEIGHT, WIDTH), levels=True)


def as_face(path: str | Path) -> UInt8[Tensor, "28 20"]:
    """The middle of a user's picture in 28 rows of 20 grey levels; raises UserError for what is no picture."""
    with quietly(), opened(located(path)) as picture:
        grey = coloured(picture).convert("L")
    return torch.from_numpy(np.array(ImageOps.fit(grey, (WIDTH, HEIGHT), Image.Resampling.BOX)))
