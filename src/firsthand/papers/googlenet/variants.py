"""The network of the paper, its torchvision form and their small relatives, by name."""

from dataclasses import replace

from firsthand.papers.googlenet.model import Config

PAPER = Config(divide=1, stem="7x7", classes=1000)
TORCHVISION = replace(PAPER, form="torchvision", dropout=0.2)
VARIANTS: dict[str, Config] = {
    "laptop": Config(),
    "laptop-torchvision": Config(form="torchvision", dropout=0.2),
    "published": PAPER,
    "separable": replace(PAPER, stem="separable"),
    "naive": replace(PAPER, reduce=False),
    "torchvision": TORCHVISION,
} | {
    "published-no-aux": replace(PAPER, aux=False),
    "separable-no-aux": replace(PAPER, stem="separable", aux=False),
    "naive-no-aux": replace(PAPER, reduce=False, aux=False),
    "torchvision-no-aux": replace(TORCHVISION, aux=False),
}


def example_shape(config: Config) -> tuple[int, int, int]:
    """The shape of an image (channel, height, width): CIFAR's, or ImageNet's crop."""
    side = 32 if config.stem == "3x3" else 224
    return config.channels, side, side
