"""The authors' networks by name, with the heads of section 4.6, and without the 1x1 convolutions."""

from dataclasses import replace

from firsthand.papers.nin.model import Config

CIFAR10 = Config()
# First weights as small as these suggest that its images were not divided by their contrast; the paper does not say.
CIFAR100 = replace(CIFAR10, std=(0.001, 0.01, 0.01) + (0.05,) * 6, classes=100)
MNIST = Config((96, 64, 48, 128, 96, 48, 128, 96), (5, 5, 5), grid=7, channels=1)
SVHN = Config((128, 96, 64, 320, 256, 128, 384, 256), (5, 5, 5))
IMAGENET = Config(
    (96, 96, 96, 256, 256, 256, 384, 384, 384, 1024, 1024), (11, 5, 3, 3), images="large", grid=6, classes=1000,
    std=(0.01, 0.05, 0.05, 0.05, 0.05, 0.05, 0.01, 0.05, 0.05, 0.05, 0.05, 0.01),
)  # fmt: skip
VARIANTS: dict[str, Config] = {
    "cifar10": CIFAR10,
    "cifar100": CIFAR100,
    "mnist": MNIST,
    "svhn": SVHN,
    "imagenet": IMAGENET,
    "cifar10-linear": replace(CIFAR10, head="linear"),
    "cifar10-linear-dropout": replace(CIFAR10, head="linear", head_dropout=0.5),
    "cifar10-plain": replace(CIFAR10, widths=(192, 192, 192), mlpconv=False),
}


def example_shape(config: Config) -> tuple[int, int, int]:
    """The shape of an image (channel, height, width): CIFAR's or MNIST's, or ImageNet's crop."""
    side = 224 if config.images == "large" else 28 if config.channels == 1 else 32
    return config.channels, side, side
