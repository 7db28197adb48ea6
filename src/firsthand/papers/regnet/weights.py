"""Published weights of RegNets: timm's names are ours, and those of torchvision and of transformers become ours."""

from firsthand.papers.regnet.model import Config
from firsthand.weights import IMAGENET, Names, Preprocessing

HEAD = ("head.fc",)  # starts anew where there are other classes
MOST = 30  # blocks in a stage, counted from 0 there and from 1 here

NAMES = (
    Names(
        "torchvision",
        (
            (r"^stem\.0\.", "stem.conv."),
            (r"^stem\.1\.", "stem.bn."),
            *((rf"^trunk_output\.block(\d)\.block\d-{j}\.", rf"s\1.b{j + 1}.") for j in range(MOST)),
            (r"\.proj\.0\.", ".downsample.conv."),
            (r"\.proj\.1\.", ".downsample.bn."),
            *((rf"\.f\.{part}\.0\.", rf".conv{k}.conv.") for k, part in enumerate("abc", 1)),
            *((rf"\.f\.{part}\.1\.", rf".conv{k}.bn.") for k, part in enumerate("abc", 1)),
            (r"\.f\.se\.", ".se."),
            (r"^fc\.", "head.fc."),
        ),
    ),
    Names(
        "Hugging Face's transformers",
        (
            (r"^regnet\.", ""),
            (r"^embedder\.embedder\.", "stem."),
            *((rf"^encoder\.stages\.{i}\.", f"s{i + 1}.") for i in range(4)),
            *((rf"^(s\d)\.layers\.{j}\.", rf"\1.b{j + 1}.") for j in range(MOST)),
            (r"\.layer\.2\.attention\.0\.", ".se.fc1."),
            (r"\.layer\.2\.attention\.2\.", ".se.fc2."),
            (r"\.layer\.0\.", ".conv1."),
            (r"\.layer\.1\.", ".conv2."),
            (r"\.layer\.[23]\.", ".conv3."),  # the last convolution is the fourth layer of a Y block
            (r"\.shortcut\.", ".downsample."),
            (r"\.convolution\.", ".conv."),
            (r"\.normalization\.", ".bn."),
            (r"^classifier\.1\.", "head.fc."),
        ),
    ),
)


def preprocessing(config: Config) -> Preprocessing:
    """How these networks saw pictures when they were trained."""
    return IMAGENET
