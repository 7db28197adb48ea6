"""The published networks by name."""

from firsthand.papers.alexnet.model import Config

_2012 = {"widths": (96, 256, 384, 384, 256), "hidden": (4096, 4096), "images": "large", "grid": 6, "classes": 1000}
_2014 = _2012 | {"response_norm": False, "drop": "inputs", "init": "fan-in", "scale": 1.0}
VARIANTS: dict[str, Config] = {
    "small": Config(),  # four layers, for 32x32 pixels
    "two-towers": Config(**_2012, towers=2),  # the paper's
    "two-towers-227": Config(**_2012, towers=2, padding=0),
    "ungrouped": Config(**_2012),  # the same widths, every map sees all
    "one-tower": Config(**_2014 | {"widths": (64, 192, 384, 256, 256)}),  # of 2014, as torchvision has it
    "one-tower-384": Config(**_2014 | {"widths": (64, 192, 384, 384, 256)}),  # as the paper of 2014 prints it
}


def example_shape(config: Config) -> tuple[int, int, int]:
    """The shape of an image (channel, height, width): CIFAR's, or ImageNet's crop."""
    side = 32 if config.images == "small" else 224 if config.padding else 227
    return config.channels, side, side
