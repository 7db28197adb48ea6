"""Published weights of the network for ImageNet: Caffe's names, and those of its conversion for neural style transfer.

Caffe's networks see blue, green and red of 0..255 less a mean of each, in our first layer's weights red, green and blue
as ImageNet's constants normalise them. No zeros lie around the image, so that the one becomes the other exactly.
"""

import torch
from torch import Tensor

from firsthand.data.normalisation import IMAGENET_MEAN, IMAGENET_STD
from firsthand.papers.nin.model import Config
from firsthand.weights import CIFAR10, IMAGENET, Names, Preprocessing, Tensors

HEAD = ("cccp8",)  # starts anew where there are other classes
LAYERS = (
    "conv1", "cccp1", "cccp2", "conv2", "cccp3", "cccp4", "conv3", "cccp5", "cccp6", "conv4", "cccp7", "cccp8",
)  # fmt: skip
CAFFE_MEAN = (104.0, 117.0, 123.0)  # blue, green and red
PLACES = (0, 2, 4, 7, 9, 11, 14, 16, 18, 22, 24, 26)  # of the layers among rectifiers, pools and dropout


def of_our_pixels(tensors: Tensors) -> dict[str, Tensor]:
    """The same network for pixels p = (q / 255 - mean) / std: W q + b = W' p + b', with the channels turned around."""
    kernel, bias = (tensors.get(f"conv1.{kind}") for kind in ("weight", "bias"))
    if kernel is None or bias is None or kernel.shape[1:2] != (3,) or not kernel.is_floating_point():
        return dict(tensors)  # which do not fit, and are refused for it
    kernel = kernel.float().flip(1)
    mean, std = (255 * torch.tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))
    less = mean - torch.tensor(CAFFE_MEAN[::-1])[:, None, None]
    changed = {"conv1.weight": kernel * std, "conv1.bias": bias.float() + (kernel * less).sum((1, 2, 3))}
    return dict(tensors) | changed


NAMES = (
    Names("Caffe", ((r"-1024\.", "."),), of_our_pixels),
    Names(
        "neural-style-pt",
        tuple((rf"^features\.{place}\.", f"{layer}.") for place, layer in zip(PLACES, LAYERS, strict=True)),
        of_our_pixels,
    ),
)


def published(config: Config) -> Config:
    """The network that weights in these names are of."""
    return config


def preprocessing(config: Config) -> Preprocessing:
    """How these networks see pictures, once their first layer is as `of_our_pixels` says."""
    return CIFAR10 if config.images == "small" else IMAGENET
