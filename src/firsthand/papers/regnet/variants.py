"""The networks of the paper by name: RegNetX and RegNetY from 200 million to 32 billion multiply-adds."""

from dataclasses import replace

from firsthand.papers.regnet.line import regnet
from firsthand.papers.regnet.model import Config

# Name: blocks d, w_0, w_a, w_m, group width g. Figures 15 and 16 print w_a and w_m with fewer digits than the authors'
# configurations, which these are.
X = {
    "200mf": (13, 24, 36.44, 2.49, 8), "400mf": (22, 24, 24.48, 2.54, 16), "600mf": (16, 48, 36.97, 2.24, 24),
    "800mf": (16, 56, 35.73, 2.28, 16), "1.6gf": (18, 80, 34.01, 2.25, 24), "3.2gf": (25, 88, 26.31, 2.25, 48),
    "4.0gf": (23, 96, 38.65, 2.43, 40), "6.4gf": (17, 184, 60.83, 2.07, 56), "8.0gf": (23, 80, 49.56, 2.88, 120),
    "12gf": (19, 168, 73.36, 2.37, 112), "16gf": (22, 216, 55.59, 2.1, 128), "32gf": (23, 320, 69.86, 2.0, 168),
}  # fmt: skip
Y = {
    "200mf": (13, 24, 36.44, 2.49, 8), "400mf": (16, 48, 27.89, 2.09, 8), "600mf": (15, 48, 32.54, 2.32, 16),
    "800mf": (14, 56, 38.84, 2.4, 16), "1.6gf": (27, 48, 20.71, 2.65, 24), "3.2gf": (21, 80, 42.63, 2.66, 24),
    "4.0gf": (22, 96, 31.41, 2.24, 64), "6.4gf": (25, 112, 33.22, 2.27, 72), "8.0gf": (17, 192, 76.82, 2.19, 56),
    "12gf": (19, 168, 73.36, 2.37, 112), "16gf": (18, 200, 106.23, 2.48, 112), "32gf": (20, 232, 115.89, 2.53, 232),
}  # fmt: skip
IMAGENET = {"stem": 32, "stem_stride": 2, "classes": 1000, "channels": 3}

PUBLISHED = {f"x-{name}": regnet(*line, **IMAGENET) for name, line in X.items()} | {
    f"y-{name}": regnet(*line, squeeze=True, **IMAGENET) for name, line in Y.items()
}
# torchvision never rounds a width down by more than a tenth, so that three of its networks are wider.
WIDER = {
    "x-400mf": (32, 64, 160, 400),
    "y-800mf": (64, 144, 320, 784),
    "y-8.0gf": (224, 448, 896, 2016),
}
VARIANTS: dict[str, Config] = (
    {"laptop": Config()}
    | PUBLISHED
    | {f"{name}-torchvision": replace(PUBLISHED[name], widths=widths) for name, widths in WIDER.items()}
)


def example_shape(config: Config) -> tuple[int, int, int]:
    """The shape of an image (channel, height, width): Fashion-MNIST's, or ImageNet's crop."""
    side = 28 if config.stem_stride == 1 else 224
    return config.channels, side, side
