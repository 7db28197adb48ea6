from math import sqrt

import pytest
import torch

from firsthand.errors import UserError
from firsthand.nn import (
    fan_in,
    fan_out,
    glorot_,
    glorot_normal_,
    he_,
    he_uniform_,
    lecun_,
    normal_,
    orthogonal_,
    sparse_,
    truncated_normal_,
    uniform_,
)

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
        (glorot_normal_, lambda ins, outs: sqrt(2 / (ins + outs))),
        (he_, lambda ins, outs: sqrt(2 / ins)),
        (he_uniform_, lambda ins, outs: sqrt(2 / ins)),
        (lambda t: he_(t, fan="out"), lambda ins, outs: sqrt(2 / outs)),
        (lambda t: he_uniform_(t, gain=1.0, fan="out"), lambda ins, outs: sqrt(1 / outs)),
        (lambda t: he_(t, gain=5 / 3), lambda ins, outs: 5 / 3 / sqrt(ins)),
        (lambda t: truncated_normal_(t, 0.02), lambda ins, outs: 0.02 * 0.8796),  # the variance at a cut of 2: 0.7737
        (lambda t: truncated_normal_(t, 0.3, cut=1.0), lambda ins, outs: 0.3 * 0.5396),  # 1 - 2 f(1) / erf(1/sqrt(2))
        (lambda t: orthogonal_(t, gain=2.0), lambda ins, outs: 2 / sqrt(max(ins, 300))),
    ],
    ids=[
        "uniform",
        "normal",
        "lecun",
        "glorot",
        "glorot normal",
        "he",
        "he uniform",
        "he out",
        "he uniform out",
        "he with gain",
        "truncated",
        "cut at 1",
        "orthogonal",
    ],
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


def test_a_truncated_normal_stays_within_its_cut():
    weight = truncated_normal_(torch.empty(LINEAR), 0.02)
    assert 0.0395 < weight.abs().max().item() <= 0.04
    with pytest.raises(UserError, match=r"cut of a truncated normal is 0\.0, expected more than 0"):
        truncated_normal_(weight, 0.02, cut=0.0)


@pytest.mark.parametrize("shape", [(7, 5), (5, 7), (5, 5), (3, 5, 2, 2), (23, 5, 2, 2)])
def test_rows_or_columns_are_orthonormal(shape):
    weight = orthogonal_(torch.nn.Parameter(torch.empty(shape, dtype=torch.float64)), gain=3.0).detach().flatten(1)
    short = weight if len(weight) <= weight.shape[1] else weight.t()
    assert torch.allclose(short @ short.t(), 9 * torch.eye(len(short), dtype=torch.float64), atol=1e-12)


@pytest.mark.parametrize("shape", [(7, 5), (5, 7), (3, 5, 2, 2)])
def test_orthogonal_draws_what_torch_draws(shape):
    torch.manual_seed(3)
    ours = orthogonal_(torch.empty(shape))
    torch.manual_seed(3)
    assert torch.allclose(ours, torch.nn.init.orthogonal_(torch.empty(shape)), atol=1e-6)
    with pytest.raises(UserError, match=r"two axes or more, got shape \(3,\)"):
        orthogonal_(torch.empty(3))


@pytest.mark.parametrize(("inputs", "connections"), [(200, 15), (7, 7), (15, 15)])
def test_a_sparse_start_connects_every_unit_to_a_few_inputs(inputs, connections):
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.ones(4000, inputs))
    assert sparse_(weight, std=0.25) is weight
    chosen = weight.detach() != 0
    assert (chosen.sum(1) == connections).all()
    # Every input is as likely: five standard errors of a share of 4000 units; the spread of 28,000 or more draws.
    share = connections / inputs
    assert chosen.float().mean(0).sub(share).abs().max().item() <= 5 * sqrt(share * (1 - share) / 4000) + 1e-6
    assert weight[chosen].std().item() == pytest.approx(0.25, rel=0.02)
    with pytest.raises(UserError, match="at least 1 connection, got 0"):
        sparse_(weight, connections=0)


INIT = torch.nn.init
SAME = {
    "glorot": (glorot_, INIT.xavier_uniform_),
    "glorot normal": (glorot_normal_, INIT.xavier_normal_),
    "he": (he_, INIT.kaiming_normal_),
    "he out": (lambda t: he_(t, fan="out"), lambda t: INIT.kaiming_normal_(t, mode="fan_out")),
    "he tanh": (lambda t: he_(t, gain=5 / 3), lambda t: INIT.kaiming_normal_(t, nonlinearity="tanh")),
    "he uniform": (he_uniform_, INIT.kaiming_uniform_),
    "he uniform out": (lambda t: he_uniform_(t, fan="out"), lambda t: INIT.kaiming_uniform_(t, mode="fan_out")),
}


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("shape", [(7, 5), (3, 5, 2, 2)])
def test_draws_what_torch_draws(name, shape):
    """Up to the last bit of the factor."""
    drawn = []
    for fill in SAME[name]:
        torch.manual_seed(3)
        drawn.append(fill(torch.empty(shape)))
    assert torch.allclose(*drawn, rtol=1e-6, atol=0)


def test_another_fan_is_refused():
    for fill in (he_, he_uniform_):
        with pytest.raises(UserError, match="fan 'in' or 'out', got 'both'"):
            fill(torch.empty(3, 5), fan="both")
