import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import BatchNorm1d, batch_norm


@settings(max_examples=20, deadline=None)
@given(batch=st.integers(2, 9), features=st.integers(1, 5), shift=st.floats(-100, 100))
def test_features_come_out_standardised(batch, features, shift):
    """Mean 0 and biased variance v / (v + eps), for any shift; 1e-8 as a shift of 100 costs two of sixteen digits."""
    x = torch.randn(batch, features, dtype=torch.float64) + shift
    one, zero = torch.ones(features, dtype=torch.float64), torch.zeros(features, dtype=torch.float64)
    y, mean, variance = batch_norm(x, one, zero, 1e-5)
    assert_close(mean, x.mean(0))
    assert_close(variance, x.var(0, correction=0), rtol=1e-8, atol=0)
    assert_close(y.mean(0), zero, rtol=0, atol=1e-8)
    assert_close(y.square().mean(0), variance / (variance + 1e-5), rtol=1e-8, atol=0)


def test_no_gradient_through_the_statistics():
    x = torch.randn(5, 3, requires_grad=True)
    for face in (batch_norm, batch_norm.__wrapped__):
        _, mean, variance = face(x, torch.ones(3), torch.zeros(3))
        assert not mean.requires_grad
        assert not variance.requires_grad


def test_a_batch_of_one_is_refused_only_in_training():
    layer = BatchNorm1d(3)
    with pytest.raises(UserError, match="two examples or more, got 1"):
        layer(torch.zeros(1, 3))
    assert layer.num_batches_tracked == 0
    assert_close(layer.eval()(torch.zeros(1, 3)), torch.zeros(1, 3))


def test_wrong_width_is_one_sentence():
    with pytest.raises(UserError, match=r"BatchNorm1d has shape \(5, 4\), expected \(batch, 3\)"):
        BatchNorm1d(3)(torch.zeros(5, 4))
