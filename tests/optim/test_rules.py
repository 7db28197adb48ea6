"""Our rules and torch.optim's walk the same path, and pass their state to each other."""

import pytest
import torch
from torch.testing import assert_close

from firsthand.check.rules import CASES, REFERENCES, compare_rule, groups, start, stride
from firsthand.errors import UserError
from firsthand.optim import RULES, SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, RMSprop

ALL = [
    pytest.param(name, options, id=" ".join([name, *(f"{key}={value}" for key, value in options.items())]))
    for name, sets in CASES.items()
    for options in sets
]


def _walk(make, options, steps, params=None):
    """An optimiser over two groups after these steps, and its parameters."""
    params = params or start()
    optimizer = make(groups(params), **options)
    stride(optimizer, params, steps)
    return optimizer, params


def _single(*gradients, make, **options):
    """Where one weight, starting at 0, goes in float64 with these gradients."""
    p = torch.nn.Parameter(torch.tensor(0.0, dtype=torch.float64))
    optimizer = make([p], **options)
    path = []
    for gradient in gradients:
        p.grad = torch.full_like(p, gradient)
        optimizer.step()
        path.append(p.item())
    return path


def test_every_rule_and_every_option_has_a_case():
    for name, rule in RULES.items():
        defaults = rule(start()).defaults
        defaults.pop("decoupled_weight_decay", None)  # what tells AdamW from Adam is no choice
        changed = {key for options in CASES[name] for key, value in options.items() if value != defaults[key]}
        assert changed == defaults.keys() - ({"lr"} if name in ("adagrad", "adadelta", "rmsprop") else set()) | {"lr"}


@pytest.mark.parametrize(("name", "options"), ALL)
def test_same_path_as_torch(name, options):
    """200 steps, two groups, a parameter that sometimes has no gradient; tolerances as told in check.rules."""
    rows = list(compare_rule(name, options))
    assert [row for row in rows if not row.holds] == []
    assert {row.precision for row in rows} == {"float64", "float32", "bfloat16"}
    _, params = _walk(RULES[name], options, range(1, 3))
    assert all(not torch.equal(p, begin) for p, begin in zip(params, start(), strict=True))


@pytest.mark.parametrize("name", RULES)
def test_same_defaults_as_torch(name):
    defaults, expected = RULES[name](start()).defaults, REFERENCES[name](start()).defaults
    assert defaults == {option: expected[option] for option in defaults}


@pytest.mark.parametrize(("name", "options"), ALL)
@pytest.mark.parametrize("from_torch", [False, True])
def test_state_goes_on_where_it_was(name, options, from_torch):
    """20 steps, the state handed over to a fresh optimiser of ours, 20 more: as if nothing had happened."""
    first, params = _walk((REFERENCES if from_torch else RULES)[name], options, range(20))
    second = RULES[name](groups(params), lr=99.0)
    second.load_state_dict(first.state_dict())
    stride(second, params, range(20, 40))
    _, straight = _walk(RULES[name], options, range(40))
    # Bit for bit from ours; from torch, rounding as in test_same_path_as_torch.
    tolerance = {"rtol": 1e-10, "atol": 1e-12} if from_torch else {"rtol": 0, "atol": 0}
    assert_close(params, straight, **tolerance)


@pytest.mark.parametrize(("name", "options"), ALL)
def test_state_suits_torch(name, options):
    """The tensors that our rule remembers are those that torch.optim expects to find."""
    first, params = _walk(RULES[name], options, range(20))
    second = REFERENCES[name](groups(params), **options)
    second.load_state_dict(second.state_dict() | {"state": first.state_dict()["state"]})
    stride(second, params, range(20, 40))
    _, straight = _walk(REFERENCES[name], options, range(40))
    assert_close(params, straight, rtol=1e-10, atol=1e-12)


def test_a_state_from_before_an_option_existed():
    """The missing option has the value that the new optimiser was given; those that were saved stay."""
    first, params = _walk(Adam, {"lr": 0.01}, range(3))
    saved = first.state_dict()
    for group in saved["param_groups"]:
        del group["amsgrad"]
    second = Adam(groups(params), lr=99.0, amsgrad=True)
    second.load_state_dict(saved)
    assert [group["amsgrad"] for group in second.param_groups] == [True, True]
    assert [group["lr"] for group in second.param_groups] == [0.01, 0.003]
    stride(second, params, range(3, 5))


def test_a_parameter_without_gradients_stays_and_remembers_nothing():
    for rule in RULES.values():
        params = start()
        optimizer = rule(params, lr=0.1, weight_decay=0.1)
        params[0].grad = torch.ones_like(params[0])
        optimizer.step()
        assert not torch.equal(params[0], start()[0])
        assert_close(params[1:], start()[1:], rtol=0, atol=0)
        assert optimizer.state_dict()["state"].keys() <= {0}


def _loss(params):
    return sum((p - 1).square().sum() for p in params)


@pytest.mark.parametrize("name", RULES)
def test_step_with_a_closure(name):
    """The closure runs once, with gradients switched on, and its loss comes back."""
    params = start()
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
    params = start()
    optimizer = RULES[name](params, lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    stride(optimizer, params, range(1))
    schedule.step()
    assert optimizer.param_groups[0]["lr"] == 0.05


@pytest.mark.parametrize("name", RULES)
def test_gradients_are_left_as_they_were(name):
    params = start()
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


def test_adagrad_by_hand():
    """A gradient that stays at 3: step t is lr / sqrt(t), whatever the gradient's size."""
    steps = [-0.5 * sum(t**-0.5 for t in range(1, n + 1)) for n in (1, 2, 3, 4)]
    assert _single(3, 3, 3, 3, make=Adagrad, lr=0.5, eps=0.0) == pytest.approx(steps, rel=1e-12)
    assert _single(3, make=Adagrad, lr=0.5, eps=0.0, initial_accumulator_value=16.0) == pytest.approx([-0.5 * 3 / 5])


def test_adadelta_by_hand():
    """Before anything has moved, eps alone starts it: the first step is sqrt(eps / ((1 - rho) g^2 + eps)) g."""
    assert _single(5, make=Adadelta, rho=0.95, eps=1e-4) == pytest.approx([-5 * (1e-4 / (0.05 * 25 + 1e-4)) ** 0.5])
    squares, moves, expected = 0.0, 0.0, [0.0]
    for g in (1.0, -2.0, 0.5):
        squares = 0.9 * squares + 0.1 * g * g
        delta = (moves + 1e-6) ** 0.5 / (squares + 1e-6) ** 0.5 * g
        moves = 0.9 * moves + 0.1 * delta * delta
        expected.append(expected[-1] - 0.5 * delta)
    assert _single(1, -2, 0.5, make=Adadelta, lr=0.5) == pytest.approx(expected[1:], rel=1e-12)


def test_adamax_by_hand():
    """First lr against the sign; then, with no gradient, m halves and u fades to 0.9 of itself."""
    first, second = _single(-4, 0, make=Adamax, lr=0.1, betas=(0.5, 0.9), eps=0.0)
    assert first == pytest.approx(0.1)
    assert second - first == pytest.approx(0.1 / (1 - 0.5**2) * (0.5 * 0.5 * 4) / (0.9 * 4))


def test_amsgrad_remembers_the_largest_square():
    """After a huge gradient v fades but its maximum does not, so later steps of amsgrad stay shorter.

    Reddi et al. (2018), section 3: with gradients C, -1, -1, C, ... the loss falls towards -infinity, but Adam, which
    forgets C, walks up. C = 3, beta1 = 0, beta2 = 1 / (1 + C^2).
    """
    gradients = [3.0, -1.0, -1.0] * 200
    options = {"make": Adam, "lr": 0.01, "betas": (0.0, 0.1)}
    assert _single(*gradients, **options)[-1] > 0.5
    assert _single(*gradients, **options, amsgrad=True)[-1] < -0.5


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda params: SGD(params, lr=-1.0), "SGD needs lr of 0 or more and below infinity, got -1.0"),
        (lambda params: RMSprop(params, momentum=-0.5), "RMSprop needs momentum of 0 or more"),
        (lambda params: SGD(params, nesterov=True), "Nesterov's step and dampening need a momentum"),
        (
            lambda params: SGD(params, momentum=0.9, dampening=0.1, nesterov=True),
            "Nesterov's step takes no dampening, got 0.1: set it to 0.",
        ),
        (lambda params: AdamW(params, betas=(0.9, 1.0)), "AdamW needs two numbers from 0 up to but not 1 as betas"),
        (lambda params: Adamax(params, betas=(-0.1, 0.9)), "Adamax needs two numbers from 0 up to but not 1 as betas"),
        (lambda params: Adadelta(params, rho=1.1), "Adadelta needs rho of at most 1, got 1.1"),
        (lambda params: Adadelta(params, rho=-0.1), "Adadelta needs rho of 0 or more"),
        (lambda params: RMSprop(params, alpha=1.1), "RMSprop needs alpha of at most 1, got 1.1"),
        (lambda params: SGD(params, dampening=0.5), "dampening need a momentum above 0"),
        (lambda params: Adagrad(params, initial_accumulator_value=-1.0), "initial_accumulator_value of 0 or more"),
    ],
)
def test_impossible_options_are_refused(make, sentence):
    with pytest.raises(UserError, match=sentence):
        make(start())
