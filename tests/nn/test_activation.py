from math import log

import pytest
import torch
from torch.testing import assert_close

from firsthand.check.operations import versions
from firsthand.errors import UserError
from firsthand.nn import GELU, definitions, elu, gelu, leaky_relu, log_softmax, scaled_tanh, silu, softmax, softplus


def test_scaled_tanh_passes_through_one():
    """A tanh(S) = 0.999997 with the paper's four digits, and the asymptotes are ±1.7159."""
    y = scaled_tanh(torch.tensor([1.0, -1.0, 0.0, 50.0], dtype=torch.float64))
    assert y.tolist() == pytest.approx([0.999997, -0.999997, 0, 1.7159], abs=1e-6)


def test_scaled_tanh_bends_most_near_one():
    """The second derivative of tanh(S a) peaks at a = artanh(1 / sqrt(3)) / S = 0.988."""
    x = torch.linspace(0, 3, 3001, dtype=torch.float64)
    y = scaled_tanh(x)
    bend = (y[2:] - 2 * y[1:-1] + y[:-2]).abs()
    assert x[1:-1][bend.argmax()].item() == pytest.approx(0.988, abs=1e-3)


@pytest.mark.parametrize("readable", [False, True])
def test_softmax_survives_huge_scores(readable):
    x = torch.tensor([[1000.0, 1000.0, -1000.0]], requires_grad=True)
    if readable:
        with definitions():
            p, logp = softmax(x), log_softmax(x)
    else:
        p, logp = softmax(x), log_softmax(x)
    assert_close(p, torch.tensor([[0.5, 0.5, 0.0]]))
    assert_close(logp, torch.tensor([[-log(2), -log(2), -2000 - log(2)]]))
    logp[0, 0].backward()
    assert_close(x.grad, torch.tensor([[0.5, -0.5, 0.0]]))


@pytest.mark.parametrize(
    ("function", "at", "slopes"),
    [
        (leaky_relu, [-1e4, 0, 1e4], [0.01, 0.01, 1]),
        (elu, [-1, 0, 1e4], [0, 1, 1]),
        (gelu, [0, 0, 1e4], [0, 0.5, 1]),
        (lambda x: gelu(x, "tanh"), [0, 0, 1e4], [0, 0.5, 1]),
        (silu, [0, 0, 1e4], [0, 0.5, 1]),
        (softplus, [0, log(2), 1e4], [0, 0.5, 1]),
    ],
    ids=["leaky relu", "elu", "gelu", "gelu tanh", "silu", "softplus"],
)
def test_far_from_zero(function, at, slopes):
    """Values and slopes at -1e4, 0 and 1e4: e^1e4 is infinite, but no result is infinite or not a number."""
    x = torch.tensor([-1e4, 0.0, 1e4], requires_grad=True)
    y = function(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    scale = torch.tensor([100.0, 1, 1]) if function is leaky_relu else 1
    assert_close(y.detach() * scale, torch.tensor(at, dtype=torch.float32))
    assert_close(slope, torch.tensor(slopes, dtype=torch.float32))


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "elu, alpha"])
def test_the_slope_at_zero_is_that_of_the_left(name):
    """As torch has it, and the definition of elu keeps its gradient where e^x is infinite."""
    found = []
    for version in versions(name).values():
        x = torch.tensor([0.0, 1e4], requires_grad=True)
        (slope,) = torch.autograd.grad(version(x, 0.3).sum(), x)
        found.append(slope)
    assert [slope.tolist() for slope in found] == [pytest.approx([0.3, 1])] * 3


def test_the_two_forms_of_gelu_differ_by_less_than_a_thousandth():
    """The largest difference is 4.7e-4, at |x| = 2.70."""
    x = torch.linspace(-6, 6, 12_001, dtype=torch.float64)
    far = (gelu(x) - gelu(x, "tanh")).abs()
    assert far.max().item() == pytest.approx(4.73e-4, abs=1e-6)
    assert x[far.argmax()].abs().item() == pytest.approx(2.70, abs=0.01)


def test_an_unknown_form_of_gelu_is_refused():
    for wrong in (
        lambda: GELU("erf"),
        lambda: gelu(torch.zeros(1), "erf"),
        lambda: gelu.__wrapped__(torch.zeros(1), "erf"),
    ):
        with pytest.raises(UserError, match="forms 'exact' and 'tanh', got 'erf'"):
            wrong()
