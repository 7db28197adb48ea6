import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import Linear, MaskedLinear, linear


@settings(max_examples=30, deadline=None)
@given(
    batch=st.lists(st.integers(0, 4), max_size=3),
    inputs=st.integers(1, 5),
    outputs=st.integers(1, 5),
    with_bias=st.booleans(),
)
def test_any_shape_equals_torch(batch, inputs, outputs, with_bias):
    x, weight = torch.randn(*batch, inputs, dtype=torch.float64), torch.randn(outputs, inputs, dtype=torch.float64)
    bias = torch.randn(outputs, dtype=torch.float64) if with_bias else None
    for version in (linear, linear.__wrapped__):
        assert_close(version(x, weight, bias), torch.nn.functional.linear(x, weight, bias))


def test_wrong_width_is_one_sentence():
    with pytest.raises(UserError, match=r"input of linear has shape \(3, 4\), expected \(\.\.\., 5\)"):
        Linear(5, 7)(torch.zeros(3, 4))


def test_a_cut_connection_carries_nothing():
    """Output o sees input i only where the mask has a 1, and a cut weight gets no gradient, whatever its value."""
    layer, mask = MaskedLinear(5, 3), torch.randint(2, (3, 5)).float()
    layer.mask = mask
    jacobian = torch.autograd.functional.jacobian(layer, torch.randn(5))
    assert_close(jacobian, layer.weight.detach() * mask)
    layer(torch.randn(7, 5)).sum().backward()
    assert ((layer.weight.grad != 0) == mask.bool()).all()


def test_a_mask_of_ones_is_linear():
    torch.manual_seed(3)
    ours = MaskedLinear(5, 3)
    torch.manual_seed(3)
    theirs = torch.nn.Linear(5, 3)
    x = torch.randn(2, 7, 5)
    assert_close(ours(x), theirs(x))
    ours.load_state_dict(theirs.state_dict(), strict=False)
    assert ours.state_dict().keys() == {"weight", "bias", "mask"}
    assert torch.equal(ours.weight, theirs.weight)


def test_a_mask_of_another_shape_is_refused():
    layer = MaskedLinear(5, 3)
    layer.mask = torch.ones(5, 3)
    with pytest.raises(UserError, match=r"mask has shape \(5, 3\), expected \(3, 5\)"):
        layer(torch.zeros(2, 5))
    with pytest.raises(UserError, match=r"input of linear has shape \(2, 4\), expected \(\.\.\., 5\)"):
        MaskedLinear(5, 3)(torch.zeros(2, 4))
