import pytest
import torch
import torch.distributed as processes
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import BatchNorm1d, BatchNorm2d, LayerNorm, across, batch_norm, layer_norm


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
    for version in (batch_norm, batch_norm.__wrapped__):
        _, mean, variance = version(x, torch.ones(3), torch.zeros(3))
        assert not mean.requires_grad
        assert not variance.requires_grad


@pytest.fixture
def alone(tmp_path):
    """This process as a group of its own."""
    processes.init_process_group("gloo", init_method=f"file://{tmp_path / 'group'}", rank=0, world_size=1)
    yield
    processes.destroy_process_group()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_statistics_of_a_group_of_one_are_the_batchs(alone, dtype):
    """Values, statistics and gradients; in half precision sums of 70,000 values, and their number, are as exact."""
    x = (torch.randn(70_000, 2, dtype=torch.float64) + 3).to(dtype)
    weight, bias = torch.tensor([0.5, 2.0]).to(dtype), torch.tensor([1.0, -1.0]).to(dtype)
    found = []
    for call in (across.batch_norm, batch_norm):
        inputs = [value.clone().requires_grad_() for value in (x, weight, bias)]
        y, mean, variance, *count = call(*inputs)
        found.append([y, mean, variance, *torch.autograd.grad((y.double() ** 3).sum() / len(x), inputs)])
        assert [n.item() for n in count] in ([], [70_000])
    for ours, theirs in zip(*found, strict=True):
        assert ours.dtype == dtype
        # Sums in another order, then rounded: one unit of the last digit, of gradients that cancel a few.
        close = 1e-9 if dtype == torch.float64 else 4 * torch.finfo(dtype).eps
        assert_close(ours, theirs, rtol=close, atol=close * theirs.abs().max().item())


def test_a_batch_of_one_is_refused_only_in_training():
    layer = BatchNorm1d(3)
    with pytest.raises(UserError, match="two examples or more, got 1"):
        layer(torch.zeros(1, 3))
    assert layer.num_batches_tracked == 0
    assert_close(layer.eval()(torch.zeros(1, 3)), torch.zeros(1, 3))


def test_wrong_width_is_one_sentence():
    with pytest.raises(UserError, match=r"BatchNorm1d has shape \(5, 4\), expected \(batch, 3\)"):
        BatchNorm1d(3)(torch.zeros(5, 4))
    with pytest.raises(UserError, match=r"BatchNorm2d has shape \(5, 3\), expected \(batch, 3, height, width\)"):
        BatchNorm2d(3)(torch.zeros(5, 3))
    with pytest.raises(UserError, match=r"layer_norm has shape \(5, 4\), expected \(\.\.\., 3\)"):
        LayerNorm(3)(torch.zeros(5, 4))


def test_a_channel_of_one_pixel_is_refused_only_in_training():
    layer = BatchNorm2d(3)
    with pytest.raises(UserError, match="BatchNorm2d trains on two pixels a channel or more, got 1"):
        layer(torch.zeros(1, 3, 1, 1))
    assert_close(layer.eval()(torch.zeros(1, 3, 1, 1)), torch.zeros(1, 3, 1, 1))


def test_two_evaluations_of_images_are_the_same():
    layer, x = BatchNorm2d(3), torch.randn(2, 3, 5, 7)
    layer(x)
    layer.eval()
    assert torch.equal(layer(x), layer(x))


@settings(max_examples=20, deadline=None)
@given(batch=st.lists(st.integers(0, 4), max_size=3), features=st.integers(1, 7), shift=st.floats(-100, 100))
def test_layer_norm_of_any_shape_equals_torch(batch, features, shift):
    """1e-8, as a shift of 100 costs two of sixteen digits in the centred values, four in their squares."""
    x = torch.randn(*batch, features, dtype=torch.float64) + shift
    weight, bias = torch.randn(2, features, dtype=torch.float64)
    for version in (layer_norm, layer_norm.__wrapped__):
        assert_close(
            version(x, weight, bias, 1e-5),
            torch.nn.functional.layer_norm(x, (features,), weight, bias, 1e-5),
            rtol=1e-8,
            atol=1e-8,
        )


def test_layer_norm_does_not_see_a_scale_or_a_shift():
    """Also far from 1 in single precision, where eps is nothing."""
    x = torch.randn(5, 64)
    for version in (layer_norm, layer_norm.__wrapped__):
        y = version(x, torch.ones(64), torch.zeros(64), 0.0)
        assert_close(version(1e12 * x, torch.ones(64), torch.zeros(64), 0.0), y, rtol=1e-4, atol=1e-5)
        assert_close(y.square().mean(1), torch.ones(5))


def test_layer_norm_keeps_half_precision_out():
    """The mean and variance of bfloat16 values are taken in float32, so that the result is that of the same values."""
    x = torch.randn(5, 7, dtype=torch.bfloat16)
    assert_close(LayerNorm(7)(x), LayerNorm(7)(x.float()), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(BatchNorm1d, (13, 5)), (BatchNorm1d, (7, 5, 3)), (BatchNorm2d, (7, 5, 2, 3)), (LayerNorm, (7, 3, 5))],
)
def test_norms_in_parts_equal_torch(layer, shape, monkeypatch):
    """What is large is worked off in parts: here of two rows or one, and a last one that is shorter."""
    monkeypatch.setattr("firsthand.nn.fast.blocks.SIZE", 11)
    found, x = [], torch.randn(shape, dtype=torch.float64) + 3
    way, weight, bias = torch.randn_like(x), torch.randn(5), torch.randn(5)
    for make in (layer, getattr(torch.nn, layer.__name__)):
        module, inputs = make(5), x.clone().requires_grad_()
        with torch.no_grad():
            module.weight.copy_(weight)
            module.bias.copy_(bias)
        y = module.double()(inputs)
        found.append((y.detach(), *torch.autograd.grad(y, [inputs, module.weight, module.bias], way)))
    assert_close(found[0], found[1], rtol=1e-10, atol=1e-12)
