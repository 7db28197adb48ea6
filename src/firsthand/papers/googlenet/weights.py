"""Published weights of GoogLeNet: torchvision's, whose names ours are."""

from dataclasses import replace

from firsthand.papers.googlenet.model import Config
from firsthand.weights import CIFAR10, IMAGENET, Names, Preprocessing

HEAD = ("fc", "aux1.fc2", "aux2.fc2")  # start anew where there are other classes
OPTIONAL = ("aux1.", "aux2.")  # a file may lack them, and a network may leave them out
NAMES: tuple[Names, ...] = ()


def preprocessing(config: Config) -> Preprocessing:
    """How these networks saw pictures when they were trained: torchvision's pixels go from -1 to 1."""
    return CIFAR10 if config.stem == "3x3" else replace(IMAGENET, normalise="symmetric")
