"""Published weights of the one-tower network: torchvision's, whose names are ours."""

from dataclasses import replace

from firsthand.papers.alexnet.model import Config
from firsthand.weights import CIFAR10, IMAGENET, Names, Preprocessing

HEAD = ("classifier.6",)  # starts anew where there are other classes
NAMES: tuple[Names, ...] = ()


def preprocessing(config: Config) -> Preprocessing:
    """How these networks saw pictures when they were trained."""
    if config.images == "small":
        return CIFAR10
    return IMAGENET if config.padding else replace(IMAGENET, size=227)  # as many pixels as a border would have added
