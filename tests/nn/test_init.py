from math import sqrt

import pytest
import torch

from firsthand.errors import UserError
from firsthand.nn import fan_in, fan_out, glorot_, he_, lecun_, normal_, uniform_

LINEAR, KERNEL = (300, 200), (60, 50, 5, 4)  # 60,000 draws each: the standard error of a std is 0.3 %


def test_fans():
    assert (fan_in(torch.empty(3, 5)), fan_out(torch.empty(3, 5))) == (5, 3)
    assert (fan_in(torch.empty(3, 5, 2, 7)), fan_out(torch.empty(3, 5, 2, 7))) == (70, 42)
    with pytest.raises(UserError, match="two axes or more"):
        fan_in(torch.empty(3))


@pytest.mark.parametrize("shape", [LINEAR, KERNEL])
@pytest.mark.parametrize(
    ("fill", "std"),
    [
        (lambda t: uniform_(t, 0.3), lambda ins, outs: 0.3 / sqrt(3)),
        (lambda t: normal_(t, 0.3), lambda ins, outs: 0.3),
        (lecun_, lambda ins, outs: sqrt(1 / ins)),
        (glorot_, lambda ins, outs: sqrt(2 / (ins + outs))),
        (he_, lambda ins, outs: sqrt(2 / ins)),
        (lambda t: he_(t, gain=5 / 3), lambda ins, outs: 5 / 3 / sqrt(ins)),
    ],
    ids=["uniform", "normal", "lecun", "glorot", "he", "he with gain"],
)
def test_spread(shape, fill, std):
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.empty(shape))
    assert fill(weight) is weight
    outs, ins, *window = shape
    area = window[0] * window[1] if window else 1
    expected = std(ins * area, outs * area)
    # Five standard errors: 1.5 % of the std, and std / sqrt(60,000) for the mean.
    assert weight.std().item() == pytest.approx(expected, rel=0.015)
    assert weight.mean().item() == pytest.approx(0, abs=5 * expected / sqrt(60_000))


def test_uniform_stays_within_its_bound():
    weight = uniform_(torch.empty(LINEAR), 0.3)
    assert 0.299 < weight.abs().max().item() <= 0.3
