import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import Conv1d, Conv2d, conv2d


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(5, 9),
    width=st.integers(5, 9),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.integers(1, 3),
)
def test_versions_equal_torch_for_any_size(height, width, kernel, stride, padding, dilation, groups):
    x = torch.randn(2, 2 * groups, height + 4, width + 4, dtype=torch.float64)
    weight = torch.randn(5 * groups, 2, *kernel, dtype=torch.float64)
    options = (None, stride, padding, dilation, groups)
    for version in (conv2d, conv2d.__wrapped__):
        assert_close(
            version(x, weight, *options), torch.nn.functional.conv2d(x, weight, *options), rtol=1e-10, atol=1e-12
        )


def test_groups_do_not_see_each_other():
    x = torch.randn(1, 4, 5, 5, requires_grad=True)
    conv2d(x, torch.ones(6, 2, 3, 3), groups=2)[:, :3].sum().backward()
    assert (x.grad[:, :2] != 0).all()
    assert (x.grad[:, 2:] == 0).all()


def test_errors_are_one_sentence():
    with pytest.raises(UserError, match=r"conv2d has shape \(2, 4, 7, 7\), expected \(batch, 3, height, width\)"):
        Conv2d(3, 5, 3)(torch.zeros(2, 4, 7, 7))
    with pytest.raises(UserError, match=r"conv2d has shape \(2, 4, 7, 7\), expected \(batch, 6, height, width\)"):
        Conv2d(6, 4, 3, groups=2)(torch.zeros(2, 4, 7, 7))
    with pytest.raises(UserError, match="kernel of conv2d spans 5 places, the padded input only 4"):
        Conv2d(3, 5, 3, dilation=2)(torch.zeros(2, 3, 7, 4))


@pytest.mark.parametrize("layer", [Conv2d, Conv1d])
def test_wrong_options_are_one_sentence(layer):
    for options in ({"stride": 0}, {"padding": -1}, {"dilation": 0}, {"groups": 0}):
        with pytest.raises(UserError, match="stride, dilation and groups of 1 or more and padding of 0 or more"):
            layer(4, 6, 3, **options)
    with pytest.raises(UserError, match="4 groups must divide the channels, got 4 in and 6 out"):
        layer(4, 6, 3, groups=4)
