import pytest
import torch

from firsthand.errors import UserError
from firsthand.nn import Dropout, Dropout2d, dropout, dropout2d


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
    for layer in (Dropout, Dropout2d):
        with pytest.raises(UserError, match="expected 0 <= p < 1"):
            layer(p)
    with pytest.raises(UserError, match="expected 0 <= p < 1"):
        dropout(torch.ones(2), p)


def test_the_form_of_2012_scales_while_testing():
    torch.manual_seed(0)
    layer, x = Dropout(0.3, scale="test"), torch.ones(100_000)
    y = layer(x)
    assert y.unique().tolist() == [0, 1]
    assert y.mean().item() == pytest.approx(0.7, abs=0.0073)  # five standard errors, as above
    assert layer.eval()(x).unique().tolist() == pytest.approx([0.7])


def test_both_forms_draw_the_same_mask_and_differ_by_a_factor():
    x = torch.randn(50)
    torch.manual_seed(7)
    modern = Dropout(0.2)(x)
    torch.manual_seed(7)
    assert torch.allclose(modern * 0.8, Dropout(0.2, scale="test")(x))


def test_an_unknown_form_is_refused():
    with pytest.raises(UserError, match="scales in 'train' or in 'test', got 'never'"):
        Dropout(0.5, scale="never")


def test_channels_fall_as_a_whole():
    torch.manual_seed(0)
    y = dropout2d(torch.ones(20, 50, 3, 5), 0.3)
    assert (y == y[:, :, :1, :1]).all()
    # Binomial with n = 1000, p = 0.3 has a standard error of 0.0145: five of them.
    assert (y[:, :, 0, 0] == 0).double().mean().item() == pytest.approx(0.3, abs=0.073)
    assert y.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert torch.equal(Dropout2d(0.9).eval()(y), y)
