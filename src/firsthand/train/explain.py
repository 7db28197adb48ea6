"""Why a network takes a picture for what it says: where it speaks for a class, and what convolutions make of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module

from firsthand.errors import UserError
from firsthand.nn import Conv2d, softmax

CELLS = 10  # places a side at which a part of the picture is hidden


@dataclass(frozen=True)
class Explanation:
    """One picture, what it was taken for, and where that comes from."""

    picture: Float[Tensor, "channel height width"]  # 0 to 1
    likeliest: tuple[tuple[str, float], ...]  # classes with their probabilities, the likeliest first
    evidence: Float[Tensor, "h w"] | None  # class map of the likeliest, for networks that end in a mean over the image
    hidden: Float[Tensor, "rows columns"]  # by how much its probability falls when the part around a place is hidden


Logits = Callable[[Float[Tensor, "batch channel height width"]], Float[Tensor, "batch classes"]]
Input = Float[Tensor, "channel height width"]


@torch.no_grad()
def explain(
    network: Module, logits: Logits, x: Input, picture: Float[Tensor, "channel h w"], classes: Sequence[str]
) -> Explanation:
    """Explain what a network in evaluation mode says of one input; `logits` are made from its outputs."""
    best = softmax(logits(x[None]).float())[0].topk(min(5, len(classes)))
    places, shares = best.indices.tolist(), best.values.tolist()
    likeliest = tuple((classes[place], share) for place, share in zip(places, shares, strict=True))
    maps = getattr(network, "class_maps", None)
    evidence = None if maps is None else maps(x[None])[0, places[0]].float().cpu()
    return Explanation(picture, likeliest, evidence, occlusion(logits, x, places[0]).cpu())


def occlusion(logits: Logits, x: Input, winner: int, cells: int = CELLS) -> Float[Tensor, "rows columns"]:
    """By how much the probability of a class falls when a square around each place becomes as grey as the mean.

    The places are `cells` a side, the squares twice as wide as the places are apart.
    Source: Zeiler & Fergus (2014), Visualizing and understanding convolutional networks, section 4.2.
    """
    _, height, width = x.shape
    found = []
    for row in range(cells):
        views = x.repeat(cells, 1, 1, 1)
        top, bottom = _around(row, cells, height)
        for column in range(cells):
            left, right = _around(column, cells, width)
            views[column, :, top:bottom, left:right] = 0
        found.append(softmax(logits(views).float())[:, winner])
    return softmax(logits(x[None]).float())[0, winner] - torch.stack(found)


@torch.no_grad()
def feature_maps(network: Module, x: Input, depths: int = 4, count: int = 8) -> dict[str, Float[Tensor, "maps h w"]]:
    """What convolutions from the first to the last make of one input, before norm and rectifier.

    Of each the `count` maps that vary most over the image, the most varied first, under the convolution's name. Raises
    UserError for a network without convolutions.
    """
    convolutions = [(name, module) for name, module in network.named_modules() if isinstance(module, Conv2d)]
    if not convolutions:
        raise UserError("This network has no convolutions, and so no feature maps: leave out --maps.")
    last = len(convolutions) - 1
    places = sorted({round(last * depth / max(depths - 1, 1)) for depth in range(depths)})
    seen: dict[str, Tensor] = {}

    def look(name: str) -> Callable:
        return lambda module, inputs, output: seen.update({name: output[0].float().cpu()})

    handles = [module.register_forward_hook(look(name)) for name, module in (convolutions[i] for i in places)]
    network(x[None])
    for handle in handles:
        handle.remove()
    varied = {name: maps.flatten(1).std(1, correction=0).argsort(descending=True) for name, maps in seen.items()}
    return {name: maps[varied[name][:count]] for name, maps in seen.items()}


def _around(place: int, places: int, size: int) -> tuple[int, int]:
    """First and one past the last pixel of what is hidden around a place."""
    step = size / places
    middle = (place + 0.5) * step
    return max(round(middle - step), 0), max(round(middle + step), 1)
