"""Sums and means in half precision, at sizes where one in float16 overflows and one in bfloat16 no longer grows."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.testing import assert_close

from firsthand import nn
from firsthand.check.operations import pair

MANY = 70_000  # more than 65,504, the largest number of float16


def normal(*shape: int, scale: float = 1.0, around: float = 0.0, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale + around


def classes(rows: int) -> dict[str, Tensor]:
    return {"targets": torch.arange(rows) % 5}


# The tensors, of which the first comes in half precision under autocast, too, and the options.
CASES: dict[str, tuple[list[Tensor], dict]] = {
    "adaptive_avg_pool2d": ([normal(1, 1, 128, 256, around=1.0)], {"size": 1}),
    "avg_pool2d": ([normal(1, 1, 256, 512, around=1.0)], {"size": 256}),
    "batch_norm": ([normal(MANY, 3), normal(3), normal(3)], {}),
    "batch_norm, large values": ([normal(50, 3, scale=400), normal(3), normal(3)], {}),
    "binary_cross_entropy": ([normal(MANY), normal(MANY, seed=1).sigmoid()], {}),
    "cross_entropy": ([normal(MANY, 5)], classes(MANY)),
    "cross_entropy, few logits": ([normal(MANY // 5, 5)], classes(MANY // 5)),
    "cross_entropy, smoothed": ([normal(MANY, 5)], classes(MANY) | {"label_smoothing": 0.1}),
    "layer_norm": ([normal(3, MANY), normal(MANY), normal(MANY)], {}),
    "layer_norm, many rows": ([normal(MANY, 3), normal(3), normal(3)], {}),
    "layer_norm, large values": ([normal(3, 50, scale=400), normal(50), normal(50)], {}),
    "local_response_norm": ([normal(2, 9, 5, scale=300)], {}),
    "log_softmax": ([normal(2, MANY, scale=0.01)], {}),
    "mse": ([normal(MANY), normal(MANY, seed=1)], {}),
    "mse, large values": ([normal(100, scale=100), normal(100, seed=1)], {}),
    "rbf": ([normal(2, 20_000), normal(3, 20_000, seed=1)], {}),
    "softmax": ([normal(2, MANY, scale=0.01)], {}),
    "subsample": ([normal(1, 2, 2, 2, scale=1000, around=20_000), normal(2, scale=0.1), normal(2)], {}),
}


def results(call: Callable, tensors: list[Tensor], options: dict) -> list[Tensor]:
    """The output, and the gradients of its weighted sum; those of a loss are scaled, as for half precision they are."""
    tensors = [x.detach().requires_grad_() for x in tensors]
    y = call(*tensors, **options)
    y = y[0] if isinstance(y, tuple) else y
    way = torch.full((), 1024.0) if y.ndim == 0 else normal(*y.shape, scale=0.25, seed=2)
    return [y.detach(), *torch.autograd.grad(y, tensors, way.to(y.dtype))]


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "autocast"])
@pytest.mark.parametrize("name", CASES)
def test_half_precision_costs_no_more_than_rounding(name, precision):
    """Both come within two units of the last digit of float64's result on the same rounded numbers, on average.

    Next to 0 the last digit is that of the smallest number. Under autocast, with float32 beside, 2e-5: its sums of
    70,000 terms.
    """
    tensors, options = CASES[name]
    auto = precision == "autocast"
    dtype = torch.bfloat16 if auto else getattr(torch, precision)
    tensors = [x.to(torch.float32 if auto and place else dtype) for place, x in enumerate(tensors)]
    truth = results(pair(name).definition, [x.double() for x in tensors], options)
    for version in (pair(name).fast, pair(name).definition):
        with torch.autocast("cpu", torch.bfloat16, enabled=auto):
            found = results(version, tensors, options)
        for mine, true in zip(found, truth, strict=True):
            bound = max(2 * torch.finfo(mine.dtype).eps, 2e-5) * true.norm()
            bound += torch.finfo(mine.dtype).smallest_normal * torch.finfo(mine.dtype).eps * mine.numel() ** 0.5
            assert (mine.double() - true).norm() <= bound, (version, mine.dtype)


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
@pytest.mark.parametrize("version", ["fast", "definition"])
def test_losses_have_the_precision_of_torch(version, precision):
    """That of the inputs, but float32 under autocast, whose losses are logged and scaled."""
    dtype = getattr(torch, precision)
    x, t = normal(7, 5).to(dtype), torch.arange(7) % 5
    for ours, theirs, targets in (
        ("mse", functional.mse_loss, x),
        ("binary_cross_entropy", functional.binary_cross_entropy_with_logits, x.sigmoid()),
        ("cross_entropy", functional.cross_entropy, t),
    ):
        for auto in (False, True):
            with torch.autocast("cpu", torch.bfloat16, enabled=auto):
                found, truth = getattr(pair(ours), version)(x, targets), theirs(x, targets)
            assert found.dtype == truth.dtype
            assert_close(found, truth, rtol=2 * torch.finfo(dtype).eps, atol=0)


def test_a_divergence_may_have_squares_beyond_half_precision():
    """300^2 / 2 = 45,000, though 300^2 is more than float16 holds; a unit of the last digit there is 32."""
    mean = torch.full((2, 1), 300.0, dtype=torch.float16)
    assert_close(
        nn.gaussian_kl(mean, torch.zeros_like(mean)).double(), torch.full((2,), 45_000.0).double(), rtol=1e-3, atol=0
    )


def test_a_module_in_half_precision_normalises():
    """As torch's, whose statistics are float32, with features far from 0 in one that has overflowing squares."""
    x = normal(500, 3, scale=400, around=500).half()
    for layer, twin in ((nn.BatchNorm1d(3), torch.nn.BatchNorm1d(3)), (nn.LayerNorm(3), torch.nn.LayerNorm(3))):
        # A rounded mean and a rounded slope: a few units of the last digit of values up to 4.
        assert_close(layer.half()(x), twin.half()(x), rtol=0, atol=4e-3)
