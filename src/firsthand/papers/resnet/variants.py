"""The networks of the paper by name, and their plain twins."""

from firsthand.papers.resnet.model import Config


def cifar(n: int, shortcut: str = "A") -> Config:
    """The network of 6n + 2 layers of section 4.2."""
    return Config(blocks=(n, n, n), shortcut=shortcut)


def imagenet(blocks: tuple[int, ...], block: str, shortcut: str = "B", halve: str = "1x1") -> Config:
    """A network of Table 1."""
    return Config(blocks, 64, block, shortcut, "7x7", halve, 1000)


_SMALL = {"20": 3, "32": 5, "44": 7, "56": 9, "110": 18, "1202": 200}
_BASIC = {"18": (2, 2, 2, 2), "34": (3, 4, 6, 3)}
_DEEP = {"50": (3, 4, 6, 3), "101": (3, 4, 23, 3), "152": (3, 8, 36, 3)}
VARIANTS: dict[str, Config] = (
    {name: cifar(n) for name, n in _SMALL.items()}
    | {f"plain-{name}": cifar(n, "none") for name, n in _SMALL.items()}
    | {name: imagenet(blocks, "basic") for name, blocks in _BASIC.items()}
    | {f"{name}-{option}": imagenet(blocks, "basic", option) for name, blocks in _BASIC.items() for option in "AC"}
    | {f"plain-{name}": imagenet(blocks, "basic", "none") for name, blocks in _BASIC.items()}
    | {name: imagenet(blocks, "bottleneck") for name, blocks in _DEEP.items()}
    | {f"{name}-v1.5": imagenet(blocks, "bottleneck", halve="3x3") for name, blocks in _DEEP.items()}
)


def example_shape(config: Config) -> tuple[int, int, int]:
    """The shape of an image (channel, height, width): CIFAR's, or ImageNet's crop."""
    side = 32 if config.stem == "3x3" else 224
    return config.channels, side, side
