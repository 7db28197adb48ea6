"""How the deep networks of the paper began: with the layers of a shallower one that had been trained."""

import torch

from firsthand.errors import UserError
from firsthand.papers.vgg.model import VGG


@torch.no_grad()
def begin_with(deep: VGG, shallow: VGG) -> None:
    """Give the deep network the first four convolutions and the linear layers of a shallow one, such as a trained A.

    The convolutions go to the same number of the same block; the others keep their random weights.
    Raises UserError where one of the layers has another shape. Source: sec. 3.1.
    """
    ours, theirs = deep.state_dict(), shallow.state_dict()
    pairs = {name: name for name in theirs if name.startswith("classifier")}
    for at, place in list(shallow.places.items())[:4]:
        for kind in ("weight", "bias"):
            pairs[f"features.{deep.places[at]}.{kind}"] = f"features.{place}.{kind}"
    for mine, other in pairs.items():
        if ours[mine].shape != theirs[other].shape:
            raise UserError(f"{other} of the shallow network has another shape than {mine} of the deep one.")
        ours[mine].copy_(theirs[other])
