"""The quantised line: six numbers give the widths of all blocks, and how far a network's widths are from any such line.

    u_j = w_0 + w_a j                        the line, block j of d, from 0 (eq. 2)
    s_j = log(u_j / w_0) / log w_m           because u_j = w_0 w_m^s_j (eq. 3)
    w_j = w_0 w_m^round(s_j)                 blocks with the same round(s_j) are a stage (eq. 4)

Two steps that the equations do not show: w_j becomes a multiple of 8, and then the width inside a block, w_j / b, a
multiple of the group width, which is at most that width itself. Ties go to the even number, as in the authors' code.
"""

from collections.abc import Sequence
from itertools import groupby
from math import lcm, log
from typing import Any

import torch

from firsthand.bounds import check, whole
from firsthand.errors import UserError
from firsthand.papers.regnet.model import Config


def line(depth: int, w_0: int, w_a: int | float) -> list[int | float]:
    """u_j of equation 2, in channels."""
    return [w_0 + w_a * j for j in range(depth)]


def quantised(depth: int, w_0: int, w_a: int | float, w_m: int | float) -> list[int]:
    """w_j of equation 4 for every block, in channels, as multiples of 8.

    Raises UserError for a depth or w_0 below one, a negative w_a, and a w_m that is not above one.
    """
    whole("depth", depth, "[1, 1000]")
    for name, value, interval in (("w_0", w_0, "[1, 1e6]"), ("w_a", w_a, "[0, 1e6]"), ("w_m", w_m, "(1, 1e6]")):
        check(name, value, interval)
    powers = [round(log(u / w_0) / log(w_m)) for u in line(depth, w_0, w_a)]
    return [8 * max(1, round(w_0 * w_m**power / 8)) for power in powers]


def compatible(width: int, ratio: int | float, group: int) -> tuple[int, int]:
    """The nearest width that groups divide, and the group width, at most that inside the block. Source: sec. 3.2."""
    inside = round(width / ratio)
    group = min(group, inside)
    step = lcm(group, round(1 / ratio)) if ratio < 1 else group  # so that the width, too, is whole
    return round(max(1, round(inside / step)) * step * ratio), group


def anynet(
    depths: Sequence[int], widths: Sequence[int], ratios: Sequence[int | float], groups: Sequence[int], **other: Any
) -> Config:
    """The network of these stages, with widths and groups that are compatible."""
    fitted = [compatible(*sizes) for sizes in zip(widths, ratios, groups, strict=True)]
    widths, groups = (tuple(found) for found in zip(*fitted, strict=True))
    return Config(tuple(depths), widths, tuple(map(float, ratios)), groups, **other)


def regnet(
    depth: int, w_0: int, w_a: int | float, w_m: int | float, group: int, ratio: int | float = 1, **other: Any
) -> Config:
    """The RegNet of these six numbers, with any number of stages. Raises UserError as `quantised` does."""
    check("ratio", ratio, "[0.01, 100]")
    whole("group", group, "[1, 1e6]")
    stages = [(width, len(list(blocks))) for width, blocks in groupby(quantised(depth, w_0, w_a, w_m))]
    widths, depths = zip(*stages, strict=True)
    return anynet(depths, widths, [ratio] * len(widths), [group] * len(widths), **other)


def blocks(config: Config) -> list[int]:
    """The width of every block."""
    return [width for width, depth in zip(config.widths, config.depths, strict=True) for _ in range(depth)]


def fit_error(widths: Sequence[int]) -> float:
    """e_fit: the mean over the blocks of |log(w_j of a quantised line / w_j of the network)|, for the best of a grid.

    The grid: 32 values of w_0 and of w_a and 16 of w_m, from 1.5 to 3, evenly in their logarithms. Source: sec. 3.3.
    Raises UserError for no widths.
    """
    if not widths:
        raise UserError("A line needs one width or more to be fitted to.")
    seen, top = torch.tensor(widths, dtype=torch.float64), float(max(widths))
    w_0 = torch.logspace(log(min(widths) / 2), log(top), 32, torch.e, dtype=torch.float64)[:, None, None, None]
    w_a = torch.logspace(log(top / 200), log(2 * top), 32, torch.e, dtype=torch.float64)[:, None, None]
    log_m = torch.linspace(log(1.5), log(3), 16, dtype=torch.float64)[:, None]
    powers = ((1 + w_a / w_0 * torch.arange(len(widths))).log() / log_m).round()
    return (w_0.log() + powers * log_m - seen.log()).abs().mean(-1).min().item()
