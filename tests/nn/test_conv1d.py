import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import Conv1d, conv1d, definitions


@settings(max_examples=30, deadline=None)
@given(
    time=st.integers(9, 13),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 3),
    groups=st.integers(1, 3),
)
def test_versions_equal_torch_for_any_size(time, kernel, stride, padding, dilation, groups):
    x = torch.randn(2, 2 * groups, time + 1, dtype=torch.float64)
    weight, bias = torch.randn(5 * groups, 2, kernel).double(), torch.randn(5 * groups).double()
    options = (bias, stride, padding, dilation, groups)
    for version in (conv1d, conv1d.__wrapped__):
        assert_close(
            version(x, weight, *options), torch.nn.functional.conv1d(x, weight, *options), rtol=1e-10, atol=1e-12
        )


@settings(max_examples=20, deadline=None)
@given(kernel=st.integers(1, 4), dilation=st.integers(1, 5), stride=st.integers(1, 3), readable=st.booleans())
def test_causal_sees_the_past_only(kernel, dilation, stride, readable):
    """The gradient of y_t reaches back d (k - 1) steps from s t in steps of d, and no step beyond."""
    layer = Conv1d(2, 3, kernel, stride, dilation=dilation, causal=True)
    x = torch.randn(1, 2, 11, requires_grad=True)
    if readable:
        with definitions():
            y = layer(x)
    else:
        y = layer(x)
    assert y.shape[2] == -(-11 // stride)
    for t in range(y.shape[2]):
        (slope,) = torch.autograd.grad(y[:, :, t].sum(), x, retain_graph=True)
        seen = {step for step in range(11) if slope[0, 0, step] != 0}
        assert seen == {stride * t - dilation * u for u in range(kernel)} & set(range(11))


def test_a_stack_of_doubling_dilations_sees_sixteen_steps():
    """Kernels of two and dilations 1, 2, 4, 8: a receptive field of 16 (WaveNet, figure 3)."""
    x = torch.randn(1, 1, 32, requires_grad=True)
    y = x
    for dilation in (1, 2, 4, 8):
        y = conv1d(y, torch.ones(1, 1, 2), dilation=dilation, causal=True)
    y[0, 0, 29].backward()
    assert x.grad[0, 0].nonzero().flatten().tolist() == list(range(14, 30))


def test_errors_are_one_sentence():
    with pytest.raises(UserError, match=r"conv1d has shape \(2, 4, 7\), expected \(batch, 3, time\)"):
        Conv1d(3, 5, 3)(torch.zeros(2, 4, 7))
    with pytest.raises(UserError, match="kernel of conv1d spans 9 places, the padded input only 7"):
        Conv1d(3, 5, 5, dilation=2)(torch.zeros(2, 3, 7))
    with pytest.raises(UserError, match="causal convolution sets its own padding, got padding=1"):
        Conv1d(3, 5, 3, padding=1, causal=True)
    assert Conv1d(3, 5, 5, dilation=2, causal=True)(torch.zeros(2, 3, 7)).shape == (2, 5, 7)
