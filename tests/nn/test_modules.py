"""Modules with the weights of their torch.nn twins give the same outputs and gradients, in training and eval mode."""

from contextlib import nullcontext

import pytest
import torch
from torch.testing import assert_close

from firsthand import nn
from firsthand.nn import definitions


class SelfAttention(torch.nn.MultiheadAttention):
    """torch's as a function of one sequence; no weights asked for."""

    def forward(self, x):
        return super().forward(x, x, x, need_weights=False)[0]


TWINS = {
    "linear": (lambda: nn.Linear(5, 7), lambda: torch.nn.Linear(5, 7), (3, 2, 5)),
    "linear without bias": (
        lambda: nn.Linear(5, 7, bias=False),
        lambda: torch.nn.Linear(5, 7, bias=False),
        (3, 5),
    ),
    "conv": (
        lambda: nn.Conv2d(3, 7, 5, stride=2, padding=1),
        lambda: torch.nn.Conv2d(3, 7, 5, stride=2, padding=1),
        (2, 3, 11, 13),
    ),
    "conv without bias": (
        lambda: nn.Conv2d(3, 7, 2, bias=False),
        lambda: torch.nn.Conv2d(3, 7, 2, bias=False),
        (2, 3, 5, 11),
    ),
    "conv, dilation and groups": (
        lambda: nn.Conv2d(6, 9, 3, dilation=2, groups=3),
        lambda: torch.nn.Conv2d(6, 9, 3, dilation=2, groups=3),
        (2, 6, 7, 11),
    ),
    "conv1d": (
        lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2),
        lambda: torch.nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2),
        (2, 4, 13),
    ),
    "transposed conv": (
        lambda: nn.ConvTranspose2d(3, 7, 5, stride=3, padding=1, output_padding=2),
        lambda: torch.nn.ConvTranspose2d(3, 7, 5, stride=3, padding=1, output_padding=2),
        (2, 3, 2, 5),
    ),
    "transposed conv without bias": (
        lambda: nn.ConvTranspose2d(3, 7, 2, bias=False),
        lambda: torch.nn.ConvTranspose2d(3, 7, 2, bias=False),
        (2, 3, 5, 3),
    ),
    "batch norm of images": (lambda: nn.BatchNorm2d(7), lambda: torch.nn.BatchNorm2d(7), (2, 7, 3, 5)),
    "batch norm of sequences": (lambda: nn.BatchNorm1d(7), lambda: torch.nn.BatchNorm1d(7), (2, 7, 5)),
    "layer norm": (lambda: nn.LayerNorm(7), lambda: torch.nn.LayerNorm(7), (3, 5, 7)),
    "layer norm, other eps": (lambda: nn.LayerNorm(7, eps=0.1), lambda: torch.nn.LayerNorm(7, eps=0.1), (5, 7)),
    "sigmoid": (nn.Sigmoid, torch.nn.Sigmoid, (3, 5)),
    "leaky relu": (lambda: nn.LeakyReLU(0.2), lambda: torch.nn.LeakyReLU(0.2), (3, 5)),
    "elu": (lambda: nn.ELU(0.7), lambda: torch.nn.ELU(0.7), (3, 5)),
    "gelu": (nn.GELU, torch.nn.GELU, (3, 5)),
    "gelu, tanh": (lambda: nn.GELU("tanh"), lambda: torch.nn.GELU("tanh"), (3, 5)),
    "silu": (nn.SiLU, torch.nn.SiLU, (3, 5)),
    "channel dropout": (lambda: nn.Dropout2d(0.3), lambda: torch.nn.Dropout2d(0.3), (3, 7, 2, 5)),
    "batch norm": (lambda: nn.BatchNorm1d(7), lambda: torch.nn.BatchNorm1d(7), (13, 7)),
    "batch norm, other options": (
        lambda: nn.BatchNorm1d(7, eps=1e-2, momentum=0.3),
        lambda: torch.nn.BatchNorm1d(7, eps=1e-2, momentum=0.3),
        (13, 7),
    ),
    "self-attention": (
        lambda: nn.MultiheadAttention(14, 2, dropout=0.3),
        lambda: SelfAttention(14, 2, dropout=0.3, batch_first=True),
        (3, 5, 14),
    ),
    "self-attention without bias": (
        lambda: nn.MultiheadAttention(15, 3, bias=False),
        lambda: SelfAttention(15, 3, bias=False, batch_first=True),
        (3, 7, 15),
    ),
    "dropout": (lambda: nn.Dropout(0.3), lambda: torch.nn.Dropout(0.3), (13, 7)),
}


def _results(module, shape):
    """Three training steps and an eval pass: outputs and all gradients; every call starts from the same seed."""
    torch.manual_seed(5)
    found = []
    for training in (True, True, True, False):
        module.train(training)
        x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
        y = module(x)
        way = torch.randn(y.shape, dtype=y.dtype)  # not randn_like, whose order is that of y's memory
        found += [y.detach(), *torch.autograd.grad((y * way).sum(), [x, *module.parameters()])]
    return found


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("theirs_first", [True, False])
def test_equal_to_torch(name, theirs_first):
    make, make_twin, shape = TWINS[name]
    ours, theirs = make().double(), make_twin().double()
    if theirs_first:
        ours.load_state_dict(theirs.state_dict())
    else:
        theirs.load_state_dict(ours.state_dict())
    # 1e-10: rounding of float64 in another order; Dropout draws the same mask as torch from the same seed.
    truth = _results(theirs, shape)
    assert_close(_results(ours, shape), truth, rtol=1e-10, atol=1e-12)
    with definitions():
        ours.load_state_dict(theirs.state_dict())
        theirs.load_state_dict(ours.state_dict())
        assert_close(_results(ours, shape), _results(theirs, shape), rtol=1e-10, atol=1e-12)
    assert_close(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", TWINS)
def test_same_seed_same_start(name):
    """torch's bounds come from another formula, so the last bit may differ."""
    make, make_twin, _ = TWINS[name]
    torch.manual_seed(3)
    ours = make().state_dict()
    torch.manual_seed(3)
    assert_close(dict(ours), dict(make_twin().state_dict()), rtol=1e-6, atol=0)


def test_embedding_equals_torch():
    torch.manual_seed(3)
    ours = nn.Embedding(7, 5)
    torch.manual_seed(3)
    theirs = torch.nn.Embedding(7, 5)
    assert_close(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=0, atol=0)
    tokens = torch.randint(7, (3, 2))
    grads = []
    for module in (ours, theirs):
        y = module(tokens)
        (y**3).sum().backward()
        grads.append((y.detach(), module.weight.grad))
    assert_close(grads[0], grads[1])


@pytest.mark.parametrize("readable", [False, True])
@pytest.mark.parametrize(("norm", "smoothing"), [(nn.BatchNorm1d, 0.0), (nn.LayerNorm, 0.1)])
def test_half_precision_trains(readable, norm, smoothing):
    """Under autocast the matrix products are bfloat16, with 8 bits: loss and gradients stay within a few per cent."""
    torch.manual_seed(3)
    net = torch.nn.Sequential(nn.Linear(5, 7), norm(7), nn.Linear(7, 3))
    x, targets = torch.randn(11, 5), torch.randint(3, (11,))

    def loss_and_gradient():
        loss = nn.cross_entropy(net(x), targets, label_smoothing=smoothing)
        return loss.detach(), torch.autograd.grad(loss, net[2].weight)[0]

    truth, slope = loss_and_gradient()
    with torch.autocast("cpu", torch.bfloat16), definitions() if readable else nullcontext():
        loss, gradient = loss_and_gradient()
    assert_close(loss.float(), truth, rtol=0.05, atol=0)
    assert (gradient - slope).norm() < 0.05 * slope.norm()
