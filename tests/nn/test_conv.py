import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import Conv2d, conv2d


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(5, 9),
    width=st.integers(5, 9),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
)
def test_definition_equals_torch_for_any_size(height, width, kernel, stride, padding):
    x, weight = torch.randn(2, 3, height, width, dtype=torch.float64), torch.randn(5, 3, *kernel, dtype=torch.float64)
    assert_close(
        conv2d.__wrapped__(x, weight, None, stride, padding),
        torch.nn.functional.conv2d(x, weight, None, stride, padding),
    )


def test_errors_are_one_sentence():
    with pytest.raises(UserError, match=r"conv2d has shape \(2, 4, 7, 7\), expected \(batch, 3, height, width\)"):
        Conv2d(3, 5, 3)(torch.zeros(2, 4, 7, 7))
