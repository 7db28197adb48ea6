"""How far rounding may move a right result, on any machine.

In float64 two right results lie within 1e-10 of each other, relative to the largest number of their tensor: far above
its rounding, far below any wrong term. In float32 and bfloat16 every operation rounds, and how much of it reaches a
result depends on the processor: how many products its instructions take at once, in which order they are added, how its
library makes an exponential. So no bound may come from how well one machine, or one draw, happens to do.

What all processors share: a computed result is the exact result of slightly other numbers, each operation having moved
its own by about one unit of roundoff u, and a sum of n products its terms by about sqrt(n) u. How far that reaches is
the condition of the quantity, and it is measured: the reference runs in the same precision on weights and inputs that
are moved at random by up to s units, anew before every step of training, in four draws. Ours may lie s times as far
from the truth (the reference in float64 on what was not moved) as the farthest of these draws. What ten steps amplify,
a gradient that cancels before Adam divides by its size, a rectifier that rounding puts on the other side of 0: the
draws show it all. They come in pairs that move everything in opposite directions, so that of a number next to 0, which
decides by its sign, one of the two shows the other side. Where nothing is amplified s^2 units are allowed. For a
network in float32 s = 16, and 256 units are more than sqrt(n) for the longest sum here, 12,544 terms in a gradient of
LeNet's kernels, and a thirtieth of what one float16 in the middle would cost. An operation alone, with sums of up to
thirty terms, and an update rule have s = 8 in float32 and s = 4 in bfloat16, of fewer than three digits. As a result is
itself rounded, 4 s units are always allowed.
Source: Higham (2002), Accuracy and stability of numerical algorithms, section 1.5; Higham & Mary (2019), A new approach
to probabilistic rounding error analysis, for sqrt(n).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

EXACT = 1e-10  # in float64
NETWORK = 16  # s
OPERATION = {torch.float32: 8, torch.bfloat16: 4}  # s
PAIRS = 2  # of draws


@dataclass(frozen=True)
class Row:
    """One comparison: how far two results lie apart and how far they may."""

    paper: str
    variant: str
    precision: str
    what: str
    difference: float
    allowed: float

    @property
    def holds(self) -> bool:
        """Whether the difference is small enough; a NaN never is, in ours or in the reference."""
        return self.difference <= self.allowed < float("inf")


class Draw:
    """What moves numbers at random, the one way (sign 1) or the other (-1): the same numbers for the same seed."""

    def __init__(self, seed: int, sign: int):
        self.generator, self.sign = torch.Generator().manual_seed(seed), sign

    def units(self, shape: torch.Size) -> Tensor:
        """Numbers between -1 and 1, in float64."""
        return self.sign * (torch.rand(shape, generator=self.generator, dtype=torch.float64) * 2 - 1)


def moved(x: Tensor, draw: Draw | None, s: int) -> Tensor:
    """Every number times 1 + e, e at random up to s units of roundoff either way; x without a draw, or of integers."""
    if draw is None or not x.is_floating_point():
        return x
    return (x * (1 + draw.units(x.shape) * s * torch.finfo(x.dtype).eps / 2)).to(x.dtype)


def draws() -> list[Draw]:
    """Pairs that move everything in opposite directions."""
    return [Draw(seed, sign) for seed in range(PAIRS) for sign in (1, -1)]


def allowed(distances: Iterable[float], dtype: torch.dtype, s: int) -> float:
    """How far from the truth ours may lie in this precision, from the distances of the reference's draws."""
    return max(s * max(distances), 2 * s * torch.finfo(dtype).eps)


def apart(ours: list[Tensor], theirs: list[Tensor]) -> float:
    """The largest difference of any element, relative to the largest element of its tensor; NaN counts as infinite."""
    if [t.shape for t in ours] != [t.shape for t in theirs]:
        return float("inf")
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        scale = max(b.double().abs().max().item(), 1e-300)
        difference = (a.double() - b.double()).abs().max().item() / scale
        worst = max(worst, difference if difference == difference else float("inf"))
    return worst
