from math import exp, log

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.nn import (
    binary_cross_entropy,
    cross_entropy,
    gaussian_kl,
    log_softmax,
    mse,
    negative_sampling,
    nll,
    rbf_map,
    rbf_mle,
)

DISTANCES = torch.tensor([[1.0, 2.0, 4.0], [0.5, 3.0, 0.25]], dtype=torch.float64)
TARGETS = torch.tensor([1, 2])


@settings(max_examples=30, deadline=None)
@given(batch=st.integers(1, 7), classes=st.integers(1, 7), scale=st.sampled_from([1.0, 1e3]))
def test_cross_entropy_of_any_shape_equals_torch(batch, classes, scale):
    logits = scale * torch.randn(batch, classes, dtype=torch.float64)
    targets = torch.randint(classes, (batch,))
    for version in (cross_entropy, cross_entropy.__wrapped__):
        assert_close(
            version(logits, targets), torch.nn.functional.cross_entropy(logits, targets), rtol=1e-10, atol=1e-12
        )


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_losses_in_parts_equal_torch(reduction, monkeypatch):
    """What is large is worked off in parts, and the cross-entropy of many logits has its gradient by hand."""
    monkeypatch.setattr("firsthand.nn.fast.blocks.SIZE", 12)
    monkeypatch.setattr("firsthand.nn.fast.loss.SMALL", 0)
    functional = torch.nn.functional
    x, t = torch.randn(2, 13, 5, dtype=torch.float64)
    classes = torch.randint(5, (13,))
    for ours, theirs, targets, options in (
        (cross_entropy, functional.cross_entropy, classes, {}),
        (binary_cross_entropy, functional.binary_cross_entropy_with_logits, t, {"reduction": reduction}),
        (mse, functional.mse_loss, t, {"reduction": reduction}),
    ):
        found = []
        for call in (ours, theirs):
            inputs = [x.clone().requires_grad_(), targets.clone().requires_grad_(targets.is_floating_point())]
            y = call(*inputs, **options)
            found.append((y.detach(), *torch.autograd.grad(y, [value for value in inputs if value.requires_grad])))
        assert_close(found[0], found[1], rtol=1e-10, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    batch=st.integers(1, 7),
    classes=st.integers(1, 5),
    weighted=st.booleans(),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    ignored=st.sampled_from([None, 0, -100]),
)
def test_cross_entropy_with_options_equals_torch(batch, classes, weighted, smoothing, ignored):
    """Not a number where every row is ignored, and no gradient, as torch has it."""
    targets = torch.randint(classes, (batch,))
    if ignored == -100:
        targets[::2] = -100
    weight = torch.rand(classes, dtype=torch.float64) if weighted else None
    ignore = -100 if ignored is None else ignored
    found = []
    for loss, options in (
        (torch.nn.functional.cross_entropy, {"ignore_index": ignore}),
        (cross_entropy, {"ignore_index": ignored}),
        (cross_entropy.__wrapped__, {"ignore_index": ignored}),
    ):
        logits = torch.randn(batch, classes, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        logits.requires_grad_()
        value = loss(logits, targets, weight, label_smoothing=smoothing, **options)
        found.append((value.detach(), *torch.autograd.grad(value, logits)))
    if (targets == ignore).all():
        assert all(value.isnan() and not gradient.any() for value, gradient in found)
        return
    for other in found[1:]:
        assert_close(other, found[0], rtol=1e-10, atol=1e-12)


def test_smoothing_expects_a_share_of_every_class():
    """Cross-entropy of (1 - e) [c = d] + e / C by hand: e = 0.3 and three classes of p = 1/2, 1/4, 1/4."""
    logits = torch.tensor([[0.5, 0.25, 0.25]], dtype=torch.float64).log()
    expected = 0.8 * log(2) + 0.2 * log(4)
    assert cross_entropy(logits, torch.tensor([0]), label_smoothing=0.3).item() == pytest.approx(expected)


NOTHING = {  # targets and class weights
    "every row ignored": ([-100, -100, -100], None),
    "every row ignored, weights": ([-100, -100, -100], [1.0, 2.0, 3.0]),
    "targets without a weight": ([1, 1, 1], [1.0, 0.0, 3.0]),
    "no weights": ([0, 1, 2], [0.0, 0.0, 0.0]),
    "some ignored, the others without a weight": ([-100, 1, 1], [1.0, 0.0, 3.0]),
    "no rows": ([], None),
}


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("nothing", NOTHING)
def test_a_batch_in_which_nothing_counts_does_no_harm(nothing, smoothing, large, monkeypatch):
    """The loss is torch's, not a number; the gradients are 0, as torch's are where rows are ignored.

    For weights of 0 torch's gradients are not numbers, and one such batch would ruin all weights for good.
    """
    monkeypatch.setattr("firsthand.nn.fast.loss.SMALL", 0 if large else 100)
    targets, weight = NOTHING[nothing]
    targets = torch.tensor(targets, dtype=torch.int64)
    options = {"weight": None if weight is None else torch.tensor(weight), "ignore_index": -100}
    versions = [cross_entropy, cross_entropy.__wrapped__]
    if not smoothing:
        versions.append(lambda x, targets, label_smoothing, **options: nll(log_softmax(x), targets, **options))
    for loss in (torch.nn.functional.cross_entropy, *versions):
        logits = torch.randn(len(targets), 3, requires_grad=True)
        value = loss(logits, targets, label_smoothing=smoothing, **options)
        value.backward()
        assert value.isnan()
        if loss in versions or "weight" not in nothing:
            assert not logits.grad.any()


def test_an_ignored_row_has_no_gradient_and_no_say():
    logits = torch.randn(5, 3, requires_grad=True)
    targets = torch.tensor([0, -1, 2, -1, 1])
    loss = cross_entropy(logits, targets, ignore_index=-1, label_smoothing=0.1)
    loss.backward()
    assert (logits.grad[targets == -1] == 0).all()
    kept = targets != -1
    assert_close(loss, cross_entropy(logits[kept], targets[kept], label_smoothing=0.1))


def test_weights_of_an_impossible_class_do_no_harm():
    """A logit of -inf is a probability of 0, which nobody's target is."""
    logits = torch.tensor([[0.0, 0.0, -torch.inf]], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor([1]), weight=torch.tensor([1.0, 2.0, 3.0]))
    loss.backward()
    assert_close(loss, torch.tensor(log(2)))
    assert_close(logits.grad, torch.tensor([[0.5, -0.5, 0.0]]))


def test_wrong_options_are_one_sentence():
    logits = torch.zeros(2, 3)
    with pytest.raises(UserError, match=r"label smoothing is 1\.5, expected 0 to 1"):
        cross_entropy(logits, TARGETS, label_smoothing=1.5)
    with pytest.raises(UserError, match=r"class weights has shape \(2,\), expected \(3,\)"):
        cross_entropy(logits, TARGETS, weight=torch.ones(2))
    for loss in (binary_cross_entropy, mse):
        with pytest.raises(UserError, match="reduced by 'mean', 'sum' or 'none', got 'median'"):
            loss(logits, logits, "median")


def test_targets_of_another_shape_do_not_broadcast():
    for loss in (binary_cross_entropy, mse):
        with pytest.raises(UserError, match=r"targets has shape \(3,\), expected \(2, 3\)"):
            loss(torch.zeros(2, 3), torch.zeros(3))


def test_nll_is_the_second_half_of_cross_entropy():
    logits = torch.randn(2, 3, dtype=torch.float64)
    truth = torch.nn.functional.nll_loss(log_softmax(logits), TARGETS)
    assert_close(nll(log_softmax(logits), TARGETS), truth, rtol=1e-10, atol=0)
    assert_close(cross_entropy(logits, TARGETS), truth, rtol=1e-10, atol=0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignored", [None, 1, -100])
def test_nll_with_options_equals_torch(weighted, ignored):
    """A target that does not count may even be impossible."""
    targets = torch.tensor([1, 2, 0, 1 if ignored is None else ignored])
    weight = torch.tensor([0.5, 2.0, 0.25], dtype=torch.float64) if weighted else None
    options = {} if ignored is None else {"ignore_index": ignored}
    found = []
    for loss in (nll, torch.nn.functional.nll_loss):
        x = log_softmax(torch.arange(12, dtype=torch.float64).view(4, 3).sin())
        if ignored == 1:
            x[3, 1] = -torch.inf
        x.requires_grad_()
        value = loss(x, targets, weight, **options)
        found.append((value, *torch.autograd.grad(value, x)))
    assert_close(*found, rtol=1e-10, atol=0)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_of_values_equal_torch(reduction):
    x, t = torch.randn(2, 3, 5, dtype=torch.float64), torch.rand(2, 3, 5, dtype=torch.float64)
    for ours, theirs in (
        (binary_cross_entropy, torch.nn.functional.binary_cross_entropy_with_logits),
        (binary_cross_entropy.__wrapped__, torch.nn.functional.binary_cross_entropy_with_logits),
        (mse, torch.nn.functional.mse_loss),
    ):
        found = []
        for loss in (ours, theirs):
            inputs = x.clone().requires_grad_(), t.clone().requires_grad_()
            y = loss(*inputs, reduction=reduction)
            found.append((y.detach(), *torch.autograd.grad(y.sum(), inputs)))
        assert_close(found[0], found[1], rtol=1e-10, atol=1e-12)


def test_sure_logits_are_finite():
    """Sure and right costs 0, sure and wrong the logit itself."""
    x = torch.tensor([1e4, -1e4, 1e4, -1e4], requires_grad=True)
    loss = binary_cross_entropy(x, torch.tensor([1.0, 0, 0, 1]), "none")
    assert loss.tolist() == [0, 0, 1e4, 1e4]
    loss.sum().backward()
    assert x.grad.tolist() == [0, 0, 1, -1]


def test_a_picture_of_zero_logits_costs_a_bit_a_pixel():
    """784 log 2 = 543.43 nats."""
    assert binary_cross_entropy(torch.zeros(784), torch.rand(784), "sum").item() == pytest.approx(543.43, abs=0.01)


def test_kl_equals_the_distributions_of_torch():
    mean, log_variance = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    normal = torch.distributions.Normal
    truth = torch.distributions.kl_divergence(normal(mean, (log_variance / 2).exp()), normal(0.0, 1.0)).sum(-1)
    assert_close(gaussian_kl(mean, log_variance), truth, rtol=1e-10, atol=1e-12)
    assert torch.autograd.gradcheck(gaussian_kl, (mean.requires_grad_(), log_variance.requires_grad_()))


def test_kl_by_hand():
    one, zero = torch.ones(1), torch.zeros(1)
    assert gaussian_kl(zero, zero) == 0
    assert gaussian_kl(one, zero) == 0.5
    # Near 1 a variance of 1 + d costs d^2 / 4, which s^2 - 1 - log s^2 would lose in float32's noise.
    assert gaussian_kl(zero, one * 1e-3).item() == pytest.approx(0.25e-6, rel=0.05)


def test_negative_sampling_by_hand():
    """Equation 4 for every pair with the sigmoid written out, one draw of noise that is the target left out."""
    generator = torch.Generator().manual_seed(0)
    centre, target = torch.randn(2, 3, 5, dtype=torch.float64, generator=generator)
    noise = torch.randn(3, 2, 5, dtype=torch.float64, generator=generator)
    keep = torch.tensor([[True, True], [False, True], [True, True]])
    truth = 0.0
    for i in range(3):
        truth -= log(1 / (1 + exp(-(target[i] @ centre[i]))))
        truth -= sum(log(1 / (1 + exp(noise[i, k] @ centre[i]))) for k in range(2) if keep[i, k])
    assert negative_sampling(centre, target, noise, keep).item() == pytest.approx(truth / 3, rel=1e-10)
    wanted = tuple(x.requires_grad_() for x in (centre, target, noise))
    assert torch.autograd.gradcheck(negative_sampling, wanted)


def test_noise_that_does_not_count_does_no_harm():
    """All of it, and a score that is infinite: 0 times infinity is not a number."""
    centre, target = torch.ones(2, 3, 5, requires_grad=True).unbind()
    noise = torch.full((3, 2, 5), torch.inf)
    loss = negative_sampling(centre, target, noise, torch.zeros(3, 2, dtype=torch.bool))
    assert loss.item() == pytest.approx(log(1 + exp(-5)))


def test_negative_sampling_of_nothing_costs_a_bit_a_word():
    zeros = torch.zeros(3, 5)
    assert negative_sampling(zeros, zeros, torch.zeros(3, 7, 5)).item() == pytest.approx(8 * log(2))


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
