"""Pictures side by side in one PNG file."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from firsthand.errors import UserError
from firsthand.train import figures
from firsthand.train.folder import write_atomically

MADE = "firsthand sample"  # what the file says made it
SIDE = 84  # pixels of the longer side that small pictures are enlarged to
ACROSS = 12  # pictures of one row that are not a square's
EDGE = 2  # pixels between pictures


def target(path: Path) -> Path:
    """The file that pictures are written into; of a folder, samples.png in it.

    Raises UserError for another format, and for a file that is there and was not made here: it may be the user's own.
    """
    if path.suffix.lower() != ".png" and not os.path.isdir(path):
        raise UserError(f"Pictures are written into a .png file, and '{path}' is none.")
    return figures.target(path, "samples.png", MADE, "--out")


def sheet(pictures: Tensor, columns: int) -> np.ndarray:
    """The pictures (pictures, channel, height, width), 0 to 1, in rows, each pixel a square: bytes of grey or colour.

    Small ones are enlarged by a whole factor.
    """
    count, channels, height, width = pictures.shape
    scale = max(1, SIDE // max(height, width))
    large = pictures.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    rows = -(-count // columns)
    high, wide = scale * height + EDGE, scale * width + EDGE
    whole = torch.full((rows * columns, channels, high, wide), 0.5)
    whole[:count, :, EDGE:, EDGE:] = large.clamp(0, 1)
    whole = whole.view(rows, columns, channels, high, wide).permute(2, 0, 3, 1, 4).reshape(channels, rows * high, -1)
    whole = torch.constant_pad_nd(whole, (0, EDGE, 0, EDGE), 0.5)
    return (whole * 255).round().byte().permute(1, 2, 0).numpy()


def save(pictures: Tensor, path: Path, columns: int | None = None) -> dict[str, Any]:
    """Write them into a PNG file, in a square or in so many columns, and say what it holds."""
    count, channels, height, width = pictures.shape
    pixels = sheet(pictures.detach().cpu().float(), columns or (count if count <= ACROSS else round(count**0.5)))
    info, content = PngInfo(), io.BytesIO()
    info.add_text("Software", MADE)
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(content, "PNG", pnginfo=info)
    write_atomically(path, content.getvalue())
    return {"path": str(path), "pictures": count, "height": height, "width": width}
