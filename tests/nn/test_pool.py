import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.check.layers import faces
from firsthand.errors import UserError
from firsthand.nn import Subsample, avg_pool2d, max_pool2d, subsample


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 4), rows=st.integers(1, 4), columns=st.integers(1, 4))
def test_any_size_equals_torch(size, rows, columns):
    x = torch.randn(2, 3, size * rows, size * columns, dtype=torch.float64)
    for ours, theirs in (
        (max_pool2d, torch.nn.functional.max_pool2d),
        (avg_pool2d, torch.nn.functional.avg_pool2d),
    ):
        assert_close(ours(x, size), theirs(x, size))
        assert_close(ours.__wrapped__(x, size), theirs(x, size))


def test_the_gradient_of_a_tie_goes_to_the_first():
    """Ties are the rule after a rectifier: a square of zeros."""
    for face in faces("max_pool2d").values():
        x = torch.zeros(1, 1, 2, 2, requires_grad=True)
        face(x, 2).sum().backward()
        assert x.grad.flatten().tolist() == [1, 0, 0, 0]


def test_subsample_by_hand():
    """Two maps: (1 + 2 + 3 + 4) 10 + 5 = 105 and (5 + 6 + 7 + 8) 2 - 1 = 51."""
    x = torch.arange(1.0, 9).view(1, 2, 2, 2)
    y = subsample(x, torch.tensor([10.0, 2.0]), torch.tensor([5.0, -1.0]))
    assert y.flatten().tolist() == [105, 51]


def test_subsample_starts_as_the_mean_with_two_parameters_a_map():
    layer = Subsample(3)
    assert {name: tuple(p.shape) for name, p in layer.named_parameters()} == {"gain": (3,), "bias": (3,)}
    x = torch.randn(2, 3, 10, 14)
    assert_close(layer(x), torch.nn.functional.avg_pool2d(x, 2))


def test_a_remainder_is_refused():
    x = torch.zeros(1, 1, 6, 7)
    for pool in (lambda: max_pool2d(x, 3), lambda: avg_pool2d(x, 3)):
        with pytest.raises(UserError, match="Pooling by 3 needs sides divisible by 3, got 6 by 7 pixels"):
            pool()
    with pytest.raises(UserError, match="Pooling by 2"):
        Subsample(1)(x)
