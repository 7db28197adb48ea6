import pytest
import torch

from firsthand.errors import UserError
from firsthand.nn import Dropout, dropout


def test_values_are_zero_or_scaled_up():
    torch.manual_seed(0)
    y = dropout(torch.ones(100_000), 0.3)
    assert y.unique().tolist() == pytest.approx([0, 1 / 0.7])
    # Binomial with n = 1e5, p = 0.3 has a standard error of 0.00145: five of them.
    assert (y == 0).double().mean().item() == pytest.approx(0.3, abs=0.0073)


def test_the_gradient_has_the_same_mask():
    x = torch.randn(1000, requires_grad=True)
    y = dropout(x, 0.5)
    y.sum().backward()
    assert torch.equal(x.grad == 0, y == 0)


def test_identity_in_eval_mode_and_without_dropout():
    x = torch.randn(5, 3)
    assert Dropout(0.9).eval()(x) is x
    assert Dropout(0.0)(x) is x


@pytest.mark.parametrize("p", [-0.1, 1.0, 2.0])
def test_impossible_probabilities_are_refused(p):
    with pytest.raises(UserError, match="expected 0 <= p < 1"):
        Dropout(p)
    with pytest.raises(UserError, match="expected 0 <= p < 1"):
        dropout(torch.ones(2), p)
