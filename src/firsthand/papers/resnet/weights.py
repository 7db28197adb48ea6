"""Published weights of residual networks: whose names they have, and which of the networks they are of."""

from dataclasses import replace

from firsthand.papers.resnet.model import Config
from firsthand.weights import CIFAR10, IMAGENET, Names, Preprocessing

HEAD = ("fc",)  # starts anew where there are other classes
NAMES = (
    Names("CIFAR checkpoints", ((r"^linear\.", "fc."), (r"\.shortcut\.", ".downsample."))),
    Names(
        "Hugging Face's transformers",
        (
            (r"^resnet\.", ""),
            (r"^embedder\.embedder\.convolution\.", "conv1."),
            (r"^embedder\.embedder\.normalization\.", "bn1."),
            (r"^encoder\.stages\.0\.layers\.", "layer1."),
            (r"^encoder\.stages\.1\.layers\.", "layer2."),
            (r"^encoder\.stages\.2\.layers\.", "layer3."),
            (r"^encoder\.stages\.3\.layers\.", "layer4."),
            (r"\.layer\.0\.convolution\.", ".conv1."),
            (r"\.layer\.0\.normalization\.", ".bn1."),
            (r"\.layer\.1\.convolution\.", ".conv2."),
            (r"\.layer\.1\.normalization\.", ".bn2."),
            (r"\.layer\.2\.convolution\.", ".conv3."),
            (r"\.layer\.2\.normalization\.", ".bn3."),
            (r"\.shortcut\.convolution\.", ".downsample.0."),
            (r"\.shortcut\.normalization\.", ".downsample.1."),
            (r"^classifier\.1\.", "fc."),
        ),
    ),
)


def published(config: Config) -> Config:
    """The network that weights in these names are of: bottlenecks halve the image in their 3x3 convolutions ("v1.5").

    The tensors are those of the paper's network, but in it they would compute something else.
    """
    return replace(config, halve="3x3")


def preprocessing(config: Config) -> Preprocessing:
    """How these networks saw pictures when they were trained."""
    return CIFAR10 if config.stem == "3x3" else IMAGENET
