"""Published weights of VGG: torchvision's and timm's names, and how those networks saw pictures."""

from firsthand.papers.vgg.model import Config
from firsthand.weights import IMAGENET, Names, Preprocessing

HEAD = ("classifier.6",)  # starts anew where there are other classes
NAMES = (Names("torchvision"),)


def preprocessing(config: Config) -> Preprocessing:
    """How torchvision's networks saw pictures when they were trained; the authors' own saw 0..255, blue first."""
    return IMAGENET
