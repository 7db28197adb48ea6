import pytest
import torch
from torch.testing import assert_close

from firsthand.check.operations import EXAMPLES, outputs_and_gradients
from firsthand.errors import UserError
from firsthand.nn import PAIRS, rbf


def test_near_a_code_no_digit_is_lost():
    """Distances of 1e-12 beside squares of 13: each value and gradient on its own keeps 10 of float64's 16 digits."""
    truth = outputs_and_gradients(EXAMPLES["rbf"].reference, "rbf")
    assert truth[0].min() < 1e-10
    for version in (PAIRS["rbf"].definition, PAIRS["rbf"].fast):
        values, dx, _ = outputs_and_gradients(version, "rbf")
        assert_close(values, truth[0], rtol=1e-10, atol=0)
        assert_close(dx, truth[1], rtol=1e-10, atol=1e-14)


def test_a_code_is_at_distance_zero_from_itself():
    codes = torch.randn(5, 13, requires_grad=True)
    y = rbf(codes, codes.detach())
    assert (y.diagonal() == 0).all()
    assert (y.argmin(1) == torch.arange(5)).all()
    y.diagonal().sum().backward()
    assert (codes.grad == 0).all()


def test_flipped_signs_are_four_each():
    """Codes of ±1: every differing place adds (1 - -1)^2 = 4."""
    code = torch.ones(1, 84)
    x = code.clone()
    x[0, :7] = -1
    # A root, squared again, may cost float32's last bit.
    assert rbf(x, code).item() == pytest.approx(28, rel=1e-6)


def test_wrong_length_is_one_sentence():
    with pytest.raises(UserError, match=r"input of rbf has shape \(2, 3\), expected \(batch, 5\)"):
        rbf(torch.zeros(2, 3), torch.zeros(7, 5))
