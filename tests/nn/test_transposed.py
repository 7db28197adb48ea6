import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import ConvTranspose2d, conv2d, conv_transpose2d


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(2, 4),
    width=st.integers(2, 4),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 1),
    extra=st.integers(0, 2),
)
def test_versions_equal_torch_for_any_size(height, width, kernel, stride, padding, extra):
    x, weight = torch.randn(2, 3, height, width, dtype=torch.float64), torch.randn(3, 5, *kernel, dtype=torch.float64)
    options = (torch.randn(5, dtype=torch.float64), stride, padding, min(extra, stride - 1))
    if (min(height, width) - 1) * stride + min(kernel) <= 2 * padding:
        return
    truth = torch.nn.functional.conv_transpose2d(x, weight, *options)
    for version in (conv_transpose2d, conv_transpose2d.__wrapped__):
        assert_close(version(x, weight, *options), truth, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("readable", [False, True])
def test_it_is_the_transpose_of_conv2d(readable):
    """<conv(x), y> = <x, transposed(y)> with the same kernels, whose first axis is the convolution's output."""
    x, weight = torch.randn(2, 3, 8, 10, dtype=torch.float64), torch.randn(5, 3, 3, 3, dtype=torch.float64)
    forth = conv2d(x, weight, stride=2, padding=1)
    y = torch.randn_like(forth)
    back = (conv_transpose2d.__wrapped__ if readable else conv_transpose2d)(y, weight, None, 2, 1, 1)
    assert_close((forth * y).sum(), (x * back).sum(), rtol=1e-10, atol=0)


def test_errors_are_one_sentence():
    with pytest.raises(
        UserError, match=r"conv_transpose2d has shape \(2, 4, 7, 7\), expected \(batch, 3, height, width\)"
    ):
        ConvTranspose2d(3, 5, 3)(torch.zeros(2, 4, 7, 7))
    with pytest.raises(UserError, match="output_padding below the stride, got 2, 0 and 2"):
        ConvTranspose2d(3, 5, 3, stride=2, output_padding=2)
    with pytest.raises(UserError, match="padding of 2 leaves nothing of conv_transpose2d: -1 by 0 pixels"):
        ConvTranspose2d(3, 5, 2, padding=2)(torch.zeros(2, 3, 2, 3))
