"""The bound has room for another order of sums, on any machine, and none for a faster precision."""

from itertools import pairwise

import pytest
import torch
from torch import Generator

from firsthand.check.rounding import NETWORK, PAIRS, Row, allowed, apart, draws, moved


def test_rows():
    """A difference up to what is allowed holds; a NaN does not, also where the reference's own float32 broke down."""

    def holds(difference: float, allowed: float) -> bool:
        return Row("p", "v", "float32", "loss", difference, allowed).holds

    assert holds(1e-6, 1e-6) and holds(0.0, 1e-6)
    assert not holds(2e-6, 1e-6)
    for bad in (float("nan"), float("inf")):
        assert not holds(bad, 1e-6) and not holds(bad, bad) and not holds(0.0, bad)


def test_apart():
    """The largest difference relative to the largest element of its tensor."""
    a, b = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.0, 2.5, 4.0])
    assert apart([a], [b]) == 0.5 / 4
    assert apart([a, a], [a, b]) == 0.5 / 4
    assert apart([a], [a]) == 0.0
    assert apart([a], [a[:2]]) == apart([a], [a, a]) == float("inf")
    assert apart([a * float("nan")], [a]) == apart([a], [a * float("nan")]) == float("inf")
    assert apart([torch.zeros(3)], [torch.zeros(3)]) == 0.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_moved(dtype):
    """By up to s units of roundoff, and the rounding of the product; zeros stay zeros, integers integers."""
    unit = torch.finfo(dtype).eps / 2
    x = torch.randn(1000, generator=Generator().manual_seed(0)).to(dtype)
    found = [moved(x, draw, 16) for draw in draws()]
    assert len(found) == 2 * PAIRS
    for y in found:
        step = ((y.double() - x.double()) / x.double()).abs()
        assert y.dtype == dtype and 12 * unit < step.max() <= 17 * unit
    assert all((a != b).any() for a, b in pairwise(found))
    assert moved(x, None, 16) is x and not moved(0 * x, draws()[0], 16).any()
    assert torch.equal(moved(x.long(), draws()[0], 16), x.long())


def test_both_sides_of_zero():
    """Sums that cancel: the two draws of a pair show both signs, two draws of their own only half the time."""
    x = torch.randn(1000, 64, generator=Generator().manual_seed(0))
    x = torch.cat([x, -x], 1)
    one, other, another, _ = [moved(x, draw, NETWORK).double().sum(1).sign() for draw in draws()]
    assert (one * other < 0).double().mean() > 0.95  # all but those that the last rounding decides
    assert 0.4 < (one * another < 0).double().mean() < 0.6


@pytest.mark.parametrize("condition", [1, 1e3])
def test_allowed(condition):
    """Sums in another order hold, however they cancel; one float16 among the float32 does not."""
    x = torch.randn(32, 4096, generator=Generator().manual_seed(0), dtype=torch.float64)
    x = torch.cat([x, -x * (1 - 1 / condition)], 1)
    truth, single = x.sum(1), x.float()
    references = (moved(single, draw, NETWORK).sum(1) for draw in draws())
    bound = allowed((apart([y], [truth]) for y in references), torch.float32, NETWORK)
    for order in (single, single.sort(1).values, single.flip(1)):
        assert apart([order.cumsum(1)[:, -1]], [truth]) < bound / 4  # one number after the other
    assert apart([x.half().float().sum(1)], [truth]) > bound


def test_the_floor():
    """A result that nothing moves is still rounded."""
    assert allowed([0.0], torch.float32, 16) == 32 * torch.finfo(torch.float32).eps
    assert allowed([0.0, 1e-3], torch.float32, 16) == 16e-3
