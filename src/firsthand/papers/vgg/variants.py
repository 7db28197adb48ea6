"""The networks of Table 1 by name, and those with batch normalisation."""

from dataclasses import replace

from firsthand.papers.vgg.model import Config

_BLOCKS = {"A": (1, 1, 2, 2, 2), "B": (2, 2, 2, 2, 2), "D": (2, 2, 3, 3, 3), "E": (2, 2, 4, 4, 4)}
# Glorot's first weights, which the authors found to do without the weights of A (sec. 3.1).
_PUBLISHED = Config(width=64, pools=5, side=7, hidden=4096, init="glorot", classes=1000, channels=3)
_PLAIN = {name: replace(_PUBLISHED, blocks=blocks) for name, blocks in _BLOCKS.items()}
VARIANTS: dict[str, Config] = (
    _PLAIN
    | {"A-LRN": replace(_PLAIN["A"], response=True), "C": replace(_PLAIN["D"], pointwise=True)}
    | {f"{name}-bn": replace(config, batch_norm=True) for name, config in _PLAIN.items()}
)


def example_shape(config: Config) -> tuple[int, int, int]:
    """The shape of an image (channel, height, width): ImageNet's crop, or that of a garment where pools are fewer."""
    side = 224 if config.pools == 5 else 28
    return config.channels, side, side
