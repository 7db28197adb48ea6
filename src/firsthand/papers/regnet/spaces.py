"""Design spaces: populations of networks, from the unconstrained AnyNetX_A to RegNetX, and how to draw from them.

    A       d_i, w_i, b_i and g_i of every stage are free: 16 dimensions
    B       A with one bottleneck ratio b for all stages          C       B with one group width g
    D       C with widths that never fall, w_i+1 >= w_i           E       D with depths that never fall
    RegNet  d, w_0, w_a, w_m, b and g: widths on a quantised line (eq. 2 to 4), which makes four stages

All are drawn evenly in their logarithms, and drawn again until the multiply-adds lie in the window of the regime. To
draw and sort is to draw until they are in order. Source: sec. 3.1 to 3.3, Table 1.
"""

from dataclasses import dataclass, field
from itertools import count
from math import exp, log
from random import Random
from typing import Any, Literal

from firsthand.papers.regnet.cost import cost
from firsthand.papers.regnet.line import anynet, regnet
from firsthand.papers.regnet.model import Config

Space = Literal["A", "B", "C", "D", "E", "RegNet"]
STAGES = 4


@dataclass(frozen=True)
class Scale:
    """How large the networks may be, and for which images they are."""

    depth: int = 16  # most blocks in a stage of an AnyNet
    width: int = 1024  # most channels of an AnyNet
    total: int = 63  # most blocks of a RegNet
    line: int = 255  # most channels of w_0 and w_a
    groups: tuple[int, ...] = (1, 2, 4, 8, 16, 32)  # group widths
    ratios: tuple[float, ...] = (1.0, 2.0, 4.0)  # bottleneck ratios
    least: float = 360e6  # multiply-adds
    most: float = 400e6  # multiply-adds
    side: int = 224  # pixels of an image
    other: dict[str, Any] = field(
        default_factory=lambda: {"stem": 32, "stem_stride": 2, "classes": 1000, "channels": 3}
    )


PAPER = Scale()
SMALL = Scale(6, 192, 23, 63, (1, 2, 4, 8), (1.0, 2.0, 4.0), 0.4e6, 0.5e6, 28, {"stem": 8})  # for Fashion-MNIST


def evenly(draw: Random, most: int) -> int:
    """A whole number from 1 to `most`, evenly in its logarithm: each has the share of log((n + 1) / n)."""
    return int(exp(draw.uniform(0, log(most + 1))))


def candidate(space: Space, scale: Scale, draw: Random) -> Config | None:
    """One network of the space, whatever it costs; None where a line does not make four stages."""
    if space == "RegNet":
        depth, w_0 = evenly(draw, scale.total), 8 * evenly(draw, scale.line // 8)
        w_a, w_m = exp(draw.uniform(0, log(scale.line))), exp(draw.uniform(log(1.5), log(3)))
        found = regnet(depth, w_0, w_a, w_m, draw.choice(scale.groups), draw.choice(scale.ratios), **scale.other)
        return found if len(found.depths) == STAGES else None
    depths = [evenly(draw, scale.depth) for _ in range(STAGES)]
    widths = [8 * evenly(draw, scale.width // 8) for _ in range(STAGES)]
    ratios, groups = draw.choices(scale.ratios, k=STAGES), draw.choices(scale.groups, k=STAGES)
    if space != "A":
        ratios = ratios[:1] * STAGES
    if space not in ("A", "B"):
        groups = groups[:1] * STAGES
    widths = sorted(widths) if space in ("D", "E") else widths
    depths = sorted(depths) if space == "E" else depths
    return anynet(depths, widths, ratios, groups, **scale.other)


def sample(space: Space, scale: Scale, draw: Random) -> Config:
    """One network of the space within the window of multiply-adds."""
    for _ in count():
        found = candidate(space, scale, draw)
        if found is not None and scale.least <= cost(found, scale.side).products <= scale.most:
            return found
    raise AssertionError
