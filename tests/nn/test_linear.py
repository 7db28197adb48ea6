import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import Linear, linear


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
    for face in (linear, linear.__wrapped__):
        assert_close(face(x, weight, bias), torch.nn.functional.linear(x, weight, bias))


def test_wrong_width_is_one_sentence():
    with pytest.raises(UserError, match=r"input of linear has shape \(3, 4\), expected \(\.\.\., 5\)"):
        Linear(5, 7)(torch.zeros(3, 4))
