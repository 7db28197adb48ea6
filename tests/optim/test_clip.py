"""Clipping of gradients and the limit on units' weights, against torch.nn.utils and torch.renorm."""

import pytest
import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.optim import clip_by_norm, clip_by_value, limit_norm

SHAPES = [(5, 3), (7,), (2, 3, 5, 11), ()]


def _params(dtype=torch.float64, size=1.0):
    """Parameters with gradients of standard normals times `size`; the second has none."""
    generator = torch.Generator().manual_seed(0)
    params = [torch.nn.Parameter(torch.randn(s, generator=generator, dtype=torch.float64).to(dtype)) for s in SHAPES]
    for p in params:
        p.grad = size * torch.randn(p.shape, generator=generator, dtype=torch.float64).to(dtype)
    params[1].grad = None
    return params


def _odd(dtype=torch.float32, sparse=False):
    p = torch.nn.Parameter(torch.zeros(3, dtype=dtype))
    p.grad = torch.ones_like(p).to_sparse() if sparse else torch.ones_like(p)
    return p


def _gradients(params):
    return [p.grad for p in params if p.grad is not None]


HALF = [torch.float16, torch.bfloat16]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("limit", [0.0, 0.3, 18.0, 1e6, float("inf")])
def test_clip_by_norm_equals_torch(dtype, limit):
    """The same operations in the same order: bit for bit."""
    ours, theirs = _params(dtype), _params(dtype)
    norm, expected = clip_by_norm(ours, limit), clip_grad_norm_(theirs, limit)
    assert_close(norm, expected, rtol=0, atol=0)
    assert_close(_gradients(ours), _gradients(theirs), rtol=0, atol=0)
    assert ours[1].grad is None


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("size", [0.0, 1.0, 300.0])
@pytest.mark.parametrize("limit", [0.0, 1.0, 1e5])
def test_clip_by_norm_in_half_precision(dtype, size, limit):
    """70,001 gradients of 300 have norm 79,373: in float16 infinite, and torch clips every gradient to 0.

    The truth is torch in float64. 1e-4: torch adds 60,000 squares up in float32. The gradients are rounded as halves.
    """
    shapes, grads = [(300, 200), (10_000,), ()], []
    for kind in (dtype, torch.float64):
        params = [torch.nn.Parameter(torch.zeros(shape, dtype=kind)) for shape in shapes]
        for p in params:
            p.grad = torch.full_like(p, size)
        grads.append(params)
    ours, theirs = grads
    assert_close(clip_by_norm(ours, limit).double(), clip_grad_norm_(theirs, limit), rtol=1e-4, atol=0)
    half = torch.finfo(dtype)
    for p, q in zip(ours, theirs, strict=True):
        assert p.grad.dtype == dtype
        assert_close(p.grad.double(), q.grad, rtol=half.eps, atol=half.smallest_normal)


def test_precisions_may_be_mixed_and_numbers_complex():
    """Each part's norm by hand: 5, 5, 10, and of 1 + i a root of 2."""
    params = [torch.nn.Parameter(torch.zeros(2, dtype=dtype)) for dtype in (torch.float64, torch.float32, *HALF)]
    for p, size in zip(params, (1, 1, 2, 0), strict=True):
        p.grad = size * torch.tensor([3.0, 4.0], dtype=p.dtype)
    params.append(torch.nn.Parameter(torch.zeros((), dtype=torch.complex128)))
    params[-1].grad = torch.tensor(1 + 1j, dtype=torch.complex128)
    assert clip_by_norm(params, 1.0).item() == pytest.approx((25 + 25 + 100 + 2) ** 0.5, rel=1e-12)
    assert params[-1].grad.item() == pytest.approx((1 + 1j) / 152**0.5, rel=1e-6)  # 1e-6 is in the denominator


def test_clip_by_norm_keeps_the_direction_of_the_whole():
    """3 and 4 have norm 5; cut to norm 1 they are 0.6 and 0.8, up to the 1e-6."""
    params = [torch.nn.Parameter(torch.zeros(1, dtype=torch.float64)) for _ in range(2)]
    for p, gradient in zip(params, (3.0, -4.0), strict=True):
        p.grad = torch.full_like(p, gradient)
    assert clip_by_norm(iter(params), 1.0).item() == 5
    assert [p.grad.item() for p in params] == pytest.approx([0.6, -0.8], rel=1e-6)


def test_small_gradients_are_left_alone():
    """Not a bit changes below the limit."""
    params = _params(size=0.01)
    clip_by_norm(params, 5.0)
    clip_by_value(params, 5.0)
    assert_close(_gradients(params), _gradients(_params(size=0.01)), rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("limit", [0.0, 0.3, 1e6])
def test_clip_by_value_equals_torch(dtype, limit):
    ours, theirs = _params(dtype), _params(dtype)
    clip_by_value(ours, limit)
    clip_grad_value_(theirs, limit)
    assert_close(_gradients(ours), _gradients(theirs), rtol=0, atol=0)


def test_a_single_parameter_and_none():
    p, alone = _params()[0], _params()[0]
    clip_by_norm(p, 0.5)
    clip_by_norm([alone], 0.5)
    assert_close(p.grad, alone.grad, rtol=0, atol=0)
    clip_by_value(p, 0.01)
    assert p.grad.abs().max() == 0.01
    assert clip_by_norm([_params()[1]], 1.0) == 0
    clip_by_value([], 1.0)


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 5, 11)])
def test_limit_norm_equals_torch(shape):
    """1e-6: torch.renorm adds 1e-7 to the norm that it divides by."""
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weight[0] *= 0.01
    expected = torch.renorm(weight, 2, 0, 1.2)
    ours = torch.nn.Parameter(weight.clone())
    limit_norm(ours, 1.2)
    assert_close(ours.detach(), expected, rtol=1e-6, atol=0)
    norms = ours.detach().flatten(1).norm(dim=1)
    assert_close(norms, weight.flatten(1).norm(dim=1).clamp(max=1.2), rtol=1e-14, atol=0)
    assert_close(ours[0].detach(), weight[0], rtol=0, atol=0)  # short rows keep every bit


@pytest.mark.parametrize("dtype", HALF)
def test_limit_norm_in_half_precision(dtype):
    """The row's norm is 79,373, beyond float16; each weight becomes 10 / sqrt(70,000), to half a unit."""
    weight = torch.full((1, 70_000), 300.0).to(dtype)
    limit_norm(weight, 1e5)
    assert (weight == 300).all()
    limit_norm(weight, 10.0)
    assert_close(
        weight.double(), torch.full((1, 70_000), 10 / 70_000**0.5).double(), rtol=torch.finfo(dtype).eps, atol=0
    )


def test_limit_norm_takes_rows_leaves_vectors_and_survives_zeros():
    weight, bias = torch.tensor([[3.0, 4.0], [0.0, 0.0], [0.3, 0.4]]), torch.tensor([30.0, 40.0])
    limit_norm([weight, bias], 2.0)
    assert_close(weight, torch.tensor([[1.2, 1.6], [0.0, 0.0], [0.3, 0.4]]))
    assert bias.tolist() == [30, 40]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: clip_by_norm([], -1.0), "a limit of 0 or more, got -1.0"),
        (lambda: clip_by_norm([], float("nan")), "a limit of 0 or more, got nan"),
        (lambda: clip_by_value([], -1.0), "a limit of 0 or more, got -1.0"),
        (lambda: limit_norm([], 0.0), "must be above 0, got 0.0"),
        (lambda: limit_norm([], float("nan")), "must be above 0, got nan"),
        (lambda: clip_by_norm(_odd(sparse=True), 1.0), "Sparse gradients are not clipped: set p.grad"),
        (lambda: clip_by_value(_odd(sparse=True), 1.0), "Sparse gradients are not clipped: set p.grad"),
        (lambda: clip_by_value(_odd(torch.complex64), 1.0), "Complex gradients have no order .* use clip_by_norm"),
    ],
)
@pytest.mark.filterwarnings("ignore:Sparse")  # invariants are not checked, torch says
def test_impossible_limits_are_refused(call, sentence):
    with pytest.raises(UserError, match=sentence):
        call()
