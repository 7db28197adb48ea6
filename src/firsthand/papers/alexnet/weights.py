"""Published weights of the one-tower network: torchvision's, whose names are ours."""

from firsthand.papers.alexnet.model import Config
from firsthand.weights import CIFAR10, IMAGENET, Names, Preprocessing

HEAD = ("classifier.6",)  # starts anew where there are other classes
NAMES: tuple[Names, ...] = ()


def published(config: Config) -> Config:
    """The network that weights in these names are of."""
    return config


def preprocessing(config: Config) -> Preprocessing:
    """How these networks saw pictures when they were trained."""
    return CIFAR10 if config.images == "small" else IMAGENET
