from math import exp, log

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import cross_entropy, rbf_map, rbf_mle

DISTANCES = torch.tensor([[1.0, 2.0, 4.0], [0.5, 3.0, 0.25]], dtype=torch.float64)
TARGETS = torch.tensor([1, 2])


@settings(max_examples=30, deadline=None)
@given(batch=st.integers(1, 7), classes=st.integers(1, 7), scale=st.sampled_from([1.0, 1e3]))
def test_cross_entropy_of_any_shape_equals_torch(batch, classes, scale):
    logits = scale * torch.randn(batch, classes, dtype=torch.float64)
    targets = torch.randint(classes, (batch,))
    for face in (cross_entropy, cross_entropy.__wrapped__):
        assert_close(face(logits, targets), torch.nn.functional.cross_entropy(logits, targets), rtol=1e-10, atol=1e-12)


def test_equal_logits_cost_the_logarithm_of_the_classes():
    assert cross_entropy(torch.zeros(3, 27), torch.tensor([0, 5, 26])).item() == pytest.approx(log(27))


def test_mle_is_the_mean_distance_of_the_target():
    assert rbf_mle(DISTANCES, TARGETS).item() == pytest.approx((2 + 0.25) / 2)


def test_map_by_hand():
    first = 2 + log(exp(-1.5) + exp(-1) + exp(-2) + exp(-4))
    second = 0.25 + log(exp(-1.5) + exp(-0.5) + exp(-3) + exp(-0.25))
    assert rbf_map(DISTANCES, TARGETS, j=1.5).item() == pytest.approx((first + second) / 2, rel=1e-12)


def test_map_without_rubbish_is_cross_entropy():
    """e^-1000 is 0 in float64."""
    assert_close(rbf_map(DISTANCES, TARGETS, j=1e3), cross_entropy(-DISTANCES, TARGETS), rtol=1e-12, atol=0)


def test_map_survives_far_codes():
    """All e^-y underflow in float32 at 1000; the answer is y - y + log 3 without rubbish."""
    assert rbf_map(torch.full((2, 3), 1000.0), TARGETS, j=1e4).item() == pytest.approx(log(3), rel=1e-4)


def test_one_target_for_every_row():
    with pytest.raises(UserError, match=r"targets has shape \(1,\), expected \(2,\)"):
        cross_entropy(DISTANCES, TARGETS[:1])
