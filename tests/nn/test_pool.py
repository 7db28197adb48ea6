import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.check.operations import versions
from firsthand.errors import UserError
from firsthand.nn import Subsample, adaptive_avg_pool2d, avg_pool2d, global_avg_pool2d, max_pool2d, subsample


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
    for version in versions("max_pool2d").values():
        x = torch.zeros(1, 1, 2, 2, requires_grad=True)
        version(x, 2).sum().backward()
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


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(1, 4),
    stride=st.integers(1, 5),
    padding=st.integers(0, 2),
    height=st.integers(4, 9),
    width=st.integers(4, 9),
    ceil=st.booleans(),
)
def test_any_stride_equals_torch(size, stride, padding, height, width, ceil):
    padding = min(padding, size // 2)
    x = torch.randn(2, 3, height, width, dtype=torch.float64)
    most = torch.nn.functional.max_pool2d(x, size, stride, padding, ceil_mode=ceil)
    mean = torch.nn.functional.avg_pool2d(x, size, stride, padding)
    for pool in (max_pool2d, max_pool2d.__wrapped__):
        assert torch.equal(pool(x, size, stride, padding, ceil), most)
    for pool in (avg_pool2d, avg_pool2d.__wrapped__):
        assert_close(pool(x, size, stride, padding), mean, rtol=1e-10, atol=1e-12)


def test_sizes_of_the_papers():
    """AlexNet's 3/2 fits 55 and 27; Network in network rounds up from 32 and GoogLeNet from 112; ResNet pads 112."""
    for version in versions("max_pool2d").values():
        if version is torch.nn.functional.max_pool2d:
            continue
        for before, after, options in (
            (55, 27, (3, 2)),
            (27, 13, (3, 2)),
            (32, 16, (3, 2, 0, True)),
            (112, 56, (3, 2, 0, True)),
            (112, 56, (3, 2, 1)),
        ):
            assert version(torch.zeros(1, 1, before, before), *options).shape == (1, 1, after, after)
    assert avg_pool2d(torch.zeros(1, 1, 14, 14), 5, 3).shape == (1, 1, 4, 4)


def test_padding_never_wins():
    for version in (max_pool2d, max_pool2d.__wrapped__):
        assert version(torch.full((1, 1, 4, 4), -5.0), 3, 2, 1).flatten().tolist() == [-5] * 4


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 9), width=st.integers(1, 9), size=st.integers(1, 7))
def test_adaptive_pooling_equals_torch(height, width, size):
    x = torch.randn(2, 3, height, width, dtype=torch.float64)
    truth = torch.nn.functional.adaptive_avg_pool2d(x, size)
    for pool in (adaptive_avg_pool2d, adaptive_avg_pool2d.__wrapped__):
        assert_close(pool(x, size), truth, rtol=1e-10, atol=1e-12)


def test_global_pooling_is_adaptive_pooling_to_one_pixel():
    x = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    assert_close(global_avg_pool2d(x), adaptive_avg_pool2d(x, 1).flatten(1), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("version", ["definition", "fast"])
def test_wrong_options_are_one_sentence(version):
    x = torch.zeros(1, 1, 6, 7)
    for name in ("max_pool2d", "avg_pool2d"):
        pool = versions(name)[version]
        for options in ((0,), (2, 0), (3, 2, 2), (3, 2, -1)):
            with pytest.raises(UserError, match="size and stride of 1 or more and padding of at most half the size"):
                pool(x, *options)
        with pytest.raises(UserError, match="Pooling by 7 needs 7 pixels or more, got 6 by 7"):
            pool(x, 7, 1)
    with pytest.raises(UserError, match="makes 1 pixel or more a side, got 0"):
        versions("adaptive_avg_pool2d")[version](x, 0)
