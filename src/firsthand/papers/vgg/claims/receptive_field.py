"""Three 3x3 convolutions beside one of 7x7: what an output sees, and how many weights that takes."""

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, equal
from firsthand.figures.curves import Runs, average
from firsthand.figures.style import INK, heading, subplots
from firsthand.nn import Conv2d

SIDE = 15  # pixels a side of the image


def receptive_field(size: int = 3, count: int = 3, channels: int = 16, seed: int = 0) -> Outcome:
    """Which pixels one output of a stack of convolutions depends on, from the gradient with respect to the image.

    Args:
        size: pixels a side of every kernel.
        count: convolutions, one on the other; without rectifiers, which would hide pixels by chance.
        channels: of the image and of every convolution.
        seed: of weights and image.
    """
    torch.manual_seed(seed)
    stack = [Conv2d(channels, channels, size, padding=size // 2, bias=False).double() for _ in range(count)]
    x = torch.randn(1, channels, SIDE, SIDE, dtype=torch.float64, requires_grad=True)
    h = x
    for layer in stack:
        h = layer(h)
    h[0, 0, SIDE // 2, SIDE // 2].backward()
    strength = x.grad[0].square().sum(0).sqrt()
    rows, columns = (strength.sum(axis) > 0 for axis in (1, 0))
    return {
        "height": int(rows.sum()),
        "width": int(columns.sum()),
        "pixels": int((strength > 0).sum()),
        "weights": sum(layer.weight.numel() for layer in stack) / channels**2,
        "strength": (strength / strength.max()).tolist(),
    }


HEIGHT, WIDTH = Measure("height", "pixels high", digits=0), Measure("width", "pixels wide", digits=0)
PIXELS = Measure("pixels", "pixels seen", digits=0)
WEIGHTS = Measure("weights", "weights, in C^2 for C channels", digits=0)
ARMS = TWO, FIVE, THREE, SEVEN = tuple(
    Arm(name, experiment=receptive_field, overrides={"size": size, "count": count})
    for name, size, count in (("two of 3x3", 3, 2), ("one of 5x5", 5, 1), ("three of 3x3", 3, 3), ("one of 7x7", 7, 1))
)


def figure(seen: Runs) -> Figure:
    """How strongly the middle output depends on every pixel."""
    figure, *panels = subplots(10.5, 3.2, len(ARMS))
    for axes, arm in zip(panels, ARMS, strict=True):
        weights = seen[arm.name][0].result["metrics"]["weights"]
        axes.imshow(average(seen[arm.name], "strength"), cmap="Blues", vmin=0, vmax=1, extent=(-7.5, 7.5, -7.5, 7.5))
        axes.set(xticks=(-7, -3, 0, 3, 7), yticks=(-7, -3, 0, 3, 7), title=f"{arm.name}: {weights:.0f} C²")
        axes.grid(visible=False)
        axes.tick_params(labelcolor=INK)
    panels[0].set_ylabel("pixels from the output")
    heading(figure, "Size of the gradient of one output with respect to each pixel, largest 1, and weights")
    return figure


CLAIM = Claim(
    key="receptive-field",
    kind="identity",
    statement="Three 3x3 convolutions see the 7x7 pixels of one 7x7 convolution, with 27 C^2 weights, not 49 C^2.",
    where="sec. 2.3",
    measures=(HEIGHT, WIDTH, PIXELS, WEIGHTS),
    arms=ARMS,
    conditions=(
        equal(PIXELS.of(THREE, SEVEN), 49),
        equal(PIXELS.of(TWO, FIVE), 25),
        equal(HEIGHT.of(THREE, SEVEN), 7),
        equal(WIDTH.of(THREE, SEVEN), 7),
        equal(WEIGHTS.of(THREE), 27),
        equal(WEIGHTS.of(SEVEN), 49),
        equal(WEIGHTS.of(TWO), 18),
        equal(WEIGHTS.of(FIVE), 25),
    ),
    seeds=(0,),
    remark="Pixels do not depend on the weights, therefore one seed. A pixel counts if its gradient is not zero, in "
    "double precision and without rectifiers: with them an output may happen not to depend on a pixel. The stack sees "
    "the middle more than the rim, because more ways lead there. 49 is 81 % more than 27, as the paper says; where a "
    "block doubles the channels, a pair of 3x3 costs more than a 5x5.",
    figure=figure,
)
