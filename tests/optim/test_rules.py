"""Our rules and torch.optim's walk the same path, and pass their state to each other."""

import pytest
import torch
from torch.testing import assert_close

from firsthand.errors import UserError
from firsthand.optim import RULES, SGD, Adam, AdamW, RMSprop

CASES = {
    "sgd": (SGD, torch.optim.SGD, {"lr": 0.05}),
    "sgd decay": (SGD, torch.optim.SGD, {"lr": 0.05, "weight_decay": 0.1}),
    "sgd momentum": (SGD, torch.optim.SGD, {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1}),
    "sgd nesterov": (SGD, torch.optim.SGD, {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    "rmsprop": (RMSprop, torch.optim.RMSprop, {}),
    "rmsprop centred": (RMSprop, torch.optim.RMSprop, {"lr": 1e-3, "centered": True, "alpha": 0.9, "eps": 1e-4}),
    "rmsprop all": (
        RMSprop,
        torch.optim.RMSprop,
        {"lr": 1e-3, "centered": True, "momentum": 0.7, "weight_decay": 0.1},
    ),
    "rmsprop momentum": (RMSprop, torch.optim.RMSprop, {"lr": 1e-3, "momentum": 0.7}),
    "adam": (Adam, torch.optim.Adam, {"lr": 0.01}),
    "adam decay": (Adam, torch.optim.Adam, {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    "adamw": (AdamW, torch.optim.AdamW, {"lr": 0.01}),
    "adamw decay": (AdamW, torch.optim.AdamW, {"lr": 0.01, "betas": (0.8, 0.95), "weight_decay": 0.5}),
}
SHAPES = [(5, 3), (7,), (2, 3, 5), ()]


def _params(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(shape, generator=generator, dtype=dtype)) for shape in SHAPES]


def _groups(params):
    """Two groups, the second with a learning rate of its own."""
    return [{"params": params[:2]}, {"params": params[2:], "lr": 0.003}]


def _loss(params):
    """Not a bowl: each parameter sees curvature, a slope and its neighbours."""
    return sum((p**4).sum() + (p - 1).square().sum() for p in params) + sum(p.sin().sum() for p in params) ** 2


def _walk(optimizer, params, steps, without=()):
    """Run `steps` updates; at the steps in `without` the second parameter has no gradient."""
    for step in range(steps):
        optimizer.zero_grad()
        _loss(params).backward()
        if step in without:
            params[1].grad = None
        optimizer.step()


def _path(make, options, dtype=torch.float64):
    params = _params(dtype)
    optimizer = make(_groups(params), **options)
    _walk(optimizer, params, 50, without=(0, 7, 8))
    return [p.detach() for p in params], optimizer


@pytest.mark.parametrize("name", CASES)
def test_same_path_as_torch(name):
    """50 steps, two groups, a parameter that sometimes has no gradient.

    1e-9: rounding of float64 grows along 50 steps, above all where a root near 0 divides.
    """
    ours, theirs, options = CASES[name]
    points, optimizer = _path(ours, options)
    truth, reference = _path(theirs, options)
    assert_close(points, truth, rtol=1e-9, atol=1e-12)
    found, expected = optimizer.state_dict()["state"], reference.state_dict()["state"]
    if "momentum" in name or not name.startswith("sgd"):
        assert_close(found, expected, rtol=1e-9, atol=1e-12)
    assert all(not torch.equal(p, start) for p, start in zip(points, _params(), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_same_defaults_as_torch(name):
    ours, theirs, _ = CASES[name]
    defaults, expected = ours(_params()).defaults, theirs(_params()).defaults
    assert defaults == {option: expected[option] for option in defaults}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("from_torch", [False, True])
def test_state_goes_on_where_it_was(name, from_torch):
    """20 steps, the state handed over to a fresh optimiser of ours, 20 more: as if nothing had happened."""
    ours, theirs, options = CASES[name]
    params = _params()
    first = (theirs if from_torch else ours)(_groups(params), **options)
    _walk(first, params, 20)
    second = ours(_groups(params), lr=99.0)
    second.load_state_dict(first.state_dict())
    _walk(second, params, 20)
    straight = _params()
    _walk(ours(_groups(straight), **options), straight, 40)
    # Bit for bit from ours; from torch, rounding as in test_same_path_as_torch.
    tolerance = {"rtol": 1e-9, "atol": 1e-12} if from_torch else {"rtol": 0, "atol": 0}
    assert_close(params, straight, **tolerance)


@pytest.mark.parametrize("name", CASES)
def test_state_suits_torch(name):
    """The tensors that our rule remembers are those that torch.optim expects to find."""
    ours, theirs, options = CASES[name]
    params = _params()
    first = ours(_groups(params), **options)
    _walk(first, params, 20)
    second = theirs(_groups(params), **options)
    second.load_state_dict(second.state_dict() | {"state": first.state_dict()["state"]})
    _walk(second, params, 20)
    straight = _params()
    _walk(theirs(_groups(straight), **options), straight, 40)
    assert_close(params, straight, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_single_precision_stays_near_torch(name):
    """float32 carries 7 digits, and 50 steps of feedback cost two or three of them."""
    ours, theirs, options = CASES[name]
    assert_close(_path(ours, options, torch.float32)[0], _path(theirs, options, torch.float32)[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", RULES)
def test_step_with_a_closure(name):
    """The closure runs once, with gradients switched on, and its loss comes back."""
    params = _params()
    optimizer = RULES[name](params, lr=0.01)
    losses = []

    def closure():
        optimizer.zero_grad()
        losses.append(_loss(params))
        losses[-1].backward()
        return losses[-1]

    assert optimizer.step(closure) is losses[0]
    assert len(losses) == 1
    assert _loss(params) < losses[0]


@pytest.mark.parametrize("name", RULES)
def test_a_schedule_of_the_ecosystem_drives_our_rules(name):
    params = _params()
    optimizer = RULES[name](params, lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    _walk(optimizer, params, 1)
    schedule.step()
    assert optimizer.param_groups[0]["lr"] == 0.05


@pytest.mark.parametrize("name", RULES)
def test_gradients_are_left_as_they_were(name):
    params = _params()
    options = {"momentum": 0.9, "nesterov": True} if name == "sgd" else {}
    optimizer = RULES[name](params, lr=0.01, weight_decay=0.1, **options)
    _loss(params).backward()
    before = [p.grad.clone() for p in params]
    optimizer.step()
    assert_close([p.grad for p in params], before, rtol=0, atol=0)


def test_first_step_of_adam_by_hand():
    """m and v corrected are g and g^2, so the step is lr g / (|g| + eps): lr against the sign, whatever the size."""
    p = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64))
    p.grad = torch.tensor([1e-3, -5.0, 700.0], dtype=torch.float64)
    Adam([p], lr=0.1, eps=1e-15).step()
    assert_close(p.detach(), torch.tensor([0.9, 2.1, 2.9], dtype=torch.float64))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda params: SGD(params, lr=-1.0), "SGD needs lr of 0 or more, got -1.0"),
        (lambda params: RMSprop(params, momentum=-0.5), "RMSprop needs momentum of 0 or more, got -0.5"),
        (lambda params: SGD(params, nesterov=True), "Nesterov's step needs a momentum"),
        (lambda params: AdamW(params, betas=(0.9, 1.0)), "AdamW needs betas from 0 up to but not 1"),
    ],
)
def test_impossible_options_are_refused(make, sentence):
    with pytest.raises(UserError, match=sentence):
        make(_params())
