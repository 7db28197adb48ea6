"""Every option that torch's own test inputs exercise: the same weights as torch.optim's, or a sentence.

The inputs are those of `optim_db` in torch.testing._internal.common_optimizers (2.13), which needs packages of its own.
"""

import inspect
from copy import deepcopy
from functools import partial
from math import inf, nan

import pytest
import torch
from torch.nn import Parameter
from torch.optim import lr_scheduler, swa_utils
from torch.testing import assert_close

from firsthand.check.rules import CASES, REFERENCES, SHAPES, start, stride
from firsthand.errors import UserError
from firsthand.optim import RULES, SGD, Adagrad, Adam, AdamW, RMSprop, Rule
from firsthand.papers.momentum.schedule import RisingSGD

CLOSE = {"rtol": 1e-12, "atol": 1e-12}  # float64, 20 steps: other orders of rounding
SAME = {"rtol": 0, "atol": 0}
TENSOR = torch.tensor(0.001, dtype=torch.float64)
ADAM = [{}, {"lr": 0.01}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "maximize": True}, {"lr": TENSOR},
        {"weight_decay": 0.1, "amsgrad": True}, {"lr": TENSOR, "amsgrad": True}]  # fmt: skip
INPUTS = {
    "sgd": [
        {}, {"lr": 1e-2}, {"lr": TENSOR}, {"weight_decay": 0.5}, {"momentum": 0.9},
        {"weight_decay": 0.1, "maximize": True}, {"momentum": 0.9, "dampening": 0.5},
        {"momentum": 0.9, "weight_decay": 0.1}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ],
    "adagrad": [
        {}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "maximize": True}, {"lr": 0.1}, {"lr": TENSOR},
        {"initial_accumulator_value": 0.1, "weight_decay": 0.1}, {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.1},
    ],
    "adadelta": [
        {}, {"lr": 0.01}, {"weight_decay": 0.1}, {"maximize": True}, {"weight_decay": 0.1, "maximize": True},
        {"rho": 0.95, "weight_decay": 0.9}, {"lr": TENSOR},
    ],
    "rmsprop": [
        {}, {"lr": 1e-3}, {"weight_decay": 0.1}, {"maximize": True}, {"weight_decay": 0.1, "centered": True},
        {"maximize": True, "weight_decay": 0.1}, {"weight_decay": 0.1, "centered": True, "momentum": 0.1},
        {"weight_decay": 0.1, "centered": True, "momentum": 0.1, "maximize": True}, {"lr": TENSOR},
    ],
    "adam": ADAM,
    "adamw": ADAM,
    "adamax": [
        {}, {"lr": 0.1}, {"weight_decay": 0.1}, {"maximize": True}, {"weight_decay": 0.1, "maximize": True},
        {"weight_decay": 0.9, "maximize": True}, {"lr": TENSOR, "weight_decay": 0.9},
    ],
}  # fmt: skip
ALL = [
    pytest.param(name, options, id=" ".join([name, *(f"{key}={value}" for key, value in options.items())]))
    for name, sets in INPUTS.items()
    for options in sets
]
FLAGS = {"foreach": None, "fused": None, "capturable": False, "differentiable": False}


def fresh(kind):
    """Parameters of every shape, one without dimensions: all real, all complex, or by turns."""
    generator = torch.Generator().manual_seed(0)
    types = {"real": (torch.float64,), "complex": (torch.complex128,), "mixed": (torch.complex128, torch.float64)}[kind]
    return [
        Parameter(torch.randn(shape, generator=generator, dtype=types[place % len(types)]))
        for place, shape in enumerate(SHAPES)
    ]


def move(optimizer, params, steps):
    """One gradient a step, drawn anew and by its number; complex ones as autograd leaves them, conjugate views."""
    for number in steps:
        generator = torch.Generator().manual_seed(number)
        for p in params:
            grad = torch.randn(p.shape, generator=generator, dtype=p.dtype).conj()
            p.grad = grad if isinstance(optimizer, Rule) else grad.resolve_conj()  # torch's own stop at views
        optimizer.step()


@pytest.mark.parametrize(("name", "options"), ALL)
@pytest.mark.parametrize("kind", ["real", "complex", "mixed"])
def test_same_weights_as_torch(name, options, kind):
    """Ten steps, and ten more after both states have changed sides, torch's flags at their defaults in them."""
    (ours, mine), (theirs, expected) = ((rules[name], fresh(kind)) for rules in (RULES, REFERENCES))
    ours, theirs = ours(mine, **deepcopy(options)), theirs(expected, **deepcopy(options))
    move(ours, mine, range(10)), move(theirs, expected, range(10))
    assert_close(mine, expected, **CLOSE)
    for params, make, state in (
        (mine, RULES[name], deepcopy(theirs.state_dict())),
        (expected, REFERENCES[name], deepcopy(ours.state_dict())),
    ):
        optimizer = make(params, lr=99.0)
        optimizer.load_state_dict(state)
        move(optimizer, params, range(10, 20))
    assert_close(mine, expected, **CLOSE)


@pytest.mark.parametrize("name", RULES)
def test_the_order_of_options_is_torch_s(name):
    """SGD(params, 0.1, 0.9, 0, 1e-4) means the same there and here; torch's flags come after."""
    ours, theirs = (list(inspect.signature(rules[name]).parameters)[:-1] for rules in (RULES, REFERENCES))
    assert ours == theirs[: len(ours)]


@pytest.mark.parametrize("name", RULES)
def test_a_tensor_for_lr_is_read_at_every_step(name):
    """Changed in place, as a schedule of torch does, it is felt at once."""

    def trained(make):
        params = start()
        optimizer = make(params, **{**CASES[name][-1], "lr": torch.tensor(0.01, dtype=torch.float64)})
        schedule = lr_scheduler.ExponentialLR(optimizer, 0.5)
        for number in range(5):
            stride(optimizer, params, range(number, number + 1))
            schedule.step()
        return params

    assert_close(trained(RULES[name]), trained(REFERENCES[name]), **CLOSE)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.filterwarnings("ignore:Sparse")  # invariants are not checked, torch says
def test_a_sparse_gradient_is_the_tensor_that_it_stands_for(name):
    def trained(make, sparse, **options):
        p = Parameter(torch.ones(4, 3, dtype=torch.float64))
        optimizer = make([p], **options)
        for number in range(5):
            grad = torch.zeros_like(p)
            grad[[number % 4, 0]] = torch.randn(2, 3, generator=torch.Generator().manual_seed(number)).double()
            p.grad = grad.to_sparse() if sparse else grad
            optimizer.step()
        return p

    options = CASES[name][-1]
    assert_close(trained(RULES[name], True, **options), trained(RULES[name], False, **options), **SAME)
    if name in ("sgd", "adagrad"):  # the two that torch lets do it
        assert_close(trained(RULES[name], True), trained(REFERENCES[name], True), **CLOSE)


@pytest.mark.parametrize("name", RULES)
def test_flags_that_ask_for_nothing_are_taken(name):
    """As arguments, in groups, and in a state; the loaded ones go back to torch unchanged."""
    params = start()
    optimizer = RULES[name]([{"params": params[:2], **FLAGS}, {"params": []}], **(FLAGS | {"foreach": False}))
    theirs = REFERENCES[name]([{"params": params[:2]}, {"params": []}])
    optimizer.load_state_dict(theirs.state_dict())
    flags = {key: value for key, value in theirs.param_groups[0].items() if key in FLAGS}
    assert flags.items() <= optimizer.param_groups[0].items() and flags


SCHEDULERS = {
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda step: 0.5**step),
    "MultiplicativeLR": lambda o: lr_scheduler.MultiplicativeLR(o, lambda step: 0.5),
    "StepLR": lambda o: lr_scheduler.StepLR(o, 1),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [1]),
    "ConstantLR": lr_scheduler.ConstantLR,
    "LinearLR": lr_scheduler.LinearLR,
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.5),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o), lr_scheduler.LinearLR(o)], milestones=[1]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.ConstantLR(o)]),
    "PolynomialLR": lr_scheduler.PolynomialLR,
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 9),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 9),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 1e-3, 1e-2, cycle_momentum=_momentum(o)),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 1e-2, 9, cycle_momentum=_momentum(o)),
    "SWALR": lambda o: swa_utils.SWALR(o, 1e-3),
    "ReduceLROnPlateau": lr_scheduler.ReduceLROnPlateau,
}


def _momentum(optimizer):
    return bool({"momentum", "betas"} & optimizer.defaults.keys())


def test_every_schedule_of_torch_is_tried():
    known = {name for name in lr_scheduler.__all__ if name not in ("LRScheduler", "LambdaLR")}
    assert known <= SCHEDULERS.keys()


@pytest.mark.parametrize("name", ["sgd", "adam"])
@pytest.mark.parametrize("schedule", SCHEDULERS)
def test_what_a_schedule_of_torch_notes_is_kept(name, schedule):
    """It goes through a state dict, and the path is torch's."""

    def trained(make):
        params = start()
        options = {"lr": 0.01, "momentum": 0.9} if name == "sgd" else {}
        optimizer = make(params, **options)
        scheduler = SCHEDULERS[schedule](optimizer)
        for number in range(3):
            stride(optimizer, params, range(number, number + 1))
            scheduler.step(*([1.0] if schedule == "ReduceLROnPlateau" else []))
        resumed = make(params)
        resumed.load_state_dict(deepcopy(optimizer.state_dict()))
        stride(resumed, params, range(3, 6))
        return params

    assert_close(trained(RULES[name]), trained(REFERENCES[name]), **CLOSE)


def refused(sentence, make, options):
    """In a group, in a group that is added, and in a state, which leaves the optimiser as it was."""
    with pytest.raises(UserError, match=sentence):
        make([{"params": start(), **options}])
    params = start()
    optimizer = make(params)
    before = deepcopy(optimizer.state_dict())
    with pytest.raises(UserError, match=sentence):
        optimizer.add_param_group({"params": start(), **options})
    state = deepcopy(before)
    state["param_groups"][0] |= options
    with pytest.raises(UserError, match=sentence):
        optimizer.load_state_dict(state)
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("make", "options", "sentence"),
    [
        *((rule, {flag: True}, f"has no {flag}=True: leave it out") for rule in RULES.values() for flag in FLAGS),
        (Adam, {"beta": (0.9, 0.99)}, "There is no option of Adam 'beta': did you mean 'betas'"),
        (SGD, {"weight_decy": 0.1}, "There is no option of SGD 'weight_decy': did you mean 'weight_decay'"),
        (SGD, {"decoupled_weight_decay": True}, "There is no option of SGD 'decoupled_weight_decay'"),
        (RMSprop, {"zzz": None}, "no option of RMSprop 'zzz': there are: lr, alpha, eps, .* centered, maximize"),
        (Adam, {"decoupled_weight_decay": True}, "With decoupled_weight_decay=True the rule is AdamW, not Adam"),
        (AdamW, {"decoupled_weight_decay": False}, "With decoupled_weight_decay=False the rule is Adam, not AdamW"),
        *(
            (rule, {"lr": value}, f"{rule.__name__} needs lr of 0 or more and below infinity, got")
            for rule in RULES.values()
            for value in (-1e-9, nan, inf, torch.tensor(-0.1), torch.tensor(nan))
        ),
        (SGD, {"lr": torch.tensor([0.001, 0.001])}, "SGD needs lr as a plain number, got a Tensor"),
        (Adagrad, {"lr": torch.tensor(0.1, requires_grad=True)}, "Adagrad needs lr as a plain number"),
        (Adam, {"weight_decay": -1.0}, "Adam needs weight_decay of 0 or more"),
        (Adam, {"eps": inf}, "Adam needs eps of 0 or more and below infinity, got inf"),
        (Adam, {"betas": (1.0, 0.0)}, "needs two numbers from 0 up to but not 1 as betas"),
        (Adam, {"betas": (0.0, nan)}, "needs two numbers from 0 up to but not 1 as betas"),
        (SGD, {"nesterov": True}, "Nesterov's step and dampening need a momentum above 0"),
    ],
)
def test_refused_in_a_sentence(make, options, sentence):
    with pytest.raises(UserError, match=sentence):
        make(start(), **options)
    refused(sentence, make, options)


@pytest.mark.parametrize(
    ("make", "options", "sentence"),
    [
        (SGD, {"lr": "0.1"}, "SGD needs lr as a plain number, got a str"),
        (SGD, {"lr": 0.1j}, "SGD needs lr as a plain number, got a complex"),
        (SGD, {"weight_decay": torch.tensor(0.1)}, "SGD needs weight_decay as a plain number, got a Tensor"),
        *(
            (Adam, {"betas": betas}, "needs two numbers from 0 up to but not 1 as betas")
            for betas in (0.9, (0.9,), (0.9, 0.99, 0.999), (0.9, torch.tensor(0.99)), "ab")
        ),
    ],
)
def test_wrong_types_are_refused_in_groups_and_states(make, options, sentence):
    """As arguments, the types that stand in the signature refuse them while tests run."""
    refused(sentence, make, options)


def test_groups_can_be_used_again():
    """torch writes an optimiser's options into the caller's groups, where the next one finds and obeys them."""
    groups = [{"params": start(), "lr": 0.003}]
    for name, rule in RULES.items():
        assert rule(groups, **CASES[name][-1]).param_groups[0]["lr"] == 0.003
    assert groups[0].keys() == {"params", "lr"}


P, Q = start()[0], start()[1]


@pytest.mark.parametrize("rule", RULES.values())
@pytest.mark.parametrize(
    ("params", "error", "sentence"),
    [
        (P, TypeError, "params argument given to the optimizer should be an iterable of Tensors or dicts"),
        ([], ValueError, "empty parameter list"),
        ([P, P], UserError, "holds a parameter twice: give each of them once"),
        ([{"params": P}, {"params": P}], ValueError, "some parameters appear in more than one parameter group"),
        ([("weight", P), Q], ValueError, "all optimizer params should be with/without names"),
        ([{"params": [P]}, {"params": [("weight", Q)]}], ValueError, "should be with/without names"),
        ([{"params": [P]}, Q], TypeError, "param_group must be a dict"),
    ],
)
def test_impossible_parameters(rule, params, error, sentence):
    """Where torch's own base class has a sentence, it stays."""
    with pytest.raises(error, match=sentence):
        rule(params)


def loaded(source, target, **options):
    """The state of one rule after a step, loaded into another over the same parameters."""
    params = start()
    optimizer = source(params, lr=0.01, **options)
    stride(optimizer, params, range(1, 2))
    other = target(params)
    other.load_state_dict(deepcopy(optimizer.state_dict()))


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        *((rule, Adam, "the rule is AdamW, not Adam") for rule in (AdamW, torch.optim.AdamW)),
        (torch.optim.Adam, AdamW, "the rule is Adam, not AdamW"),
        (partial(torch.optim.Adam, decoupled_weight_decay=True), Adam, "the rule is AdamW, not Adam"),
        (torch.optim.Adamax, Adam, "holds step, exp_avg, exp_inf, while Adam remembers exp_avg, exp_avg_sq,"),
        (torch.optim.NAdam, Adam, "no option of Adam 'momentum_decay'"),
        (Adam, SGD, "There is no option of SGD 'betas'"),
        (partial(torch.optim.SGD, foreach=True), SGD, "SGD has no foreach=True"),
        (partial(torch.optim.Adam, fused=True), Adam, "Adam has no fused=True"),
    ],
)
def test_the_state_of_another_rule_is_refused(source, target, sentence):
    with pytest.raises(UserError, match=sentence):
        loaded(source, target)


def test_adam_built_as_adamw_is_adamw():
    loaded(partial(torch.optim.Adam, decoupled_weight_decay=True), AdamW)


def _state(change):
    params = start()
    optimizer = Adam(params)
    stride(optimizer, params, range(1, 4))
    state = deepcopy(optimizer.state_dict())
    change(state["state"])
    return optimizer, params, state


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda state: state[0].pop("step"), "holds exp_avg, exp_avg_sq, while Adam remembers .* step"),
        (lambda state: state[0].pop("exp_avg"), "load it into the rule that it was saved from"),
        (lambda state: state[1].update(exp_avg=torch.zeros(8)), r"of shape \(8,\), here it is \(7,\)"),
    ],
)
def test_an_incomplete_or_foreign_state_is_refused(change, sentence):
    optimizer, _, state = _state(change)
    with pytest.raises(UserError, match=sentence):
        optimizer.load_state_dict(state)


def test_steps_of_an_old_state_are_numbers():
    optimizer, params, state = _state(lambda state: [slots.update(step=int(slots["step"])) for slots in state.values()])
    twin_params, twin = deepcopy((params, optimizer))
    optimizer.load_state_dict(state)
    stride(optimizer, params, range(4, 9)), stride(twin, twin_params, range(4, 9))
    assert_close(params, twin_params, **SAME)
    assert optimizer.state[params[0]]["step"] == 8


def test_steps_are_counted_in_float32_whatever_the_default():
    """In bfloat16, 256 + 1 is 256: the number of the step would stand still."""
    torch.set_default_dtype(torch.bfloat16)
    try:
        p = Parameter(torch.zeros(2))
        optimizer = Adam([p])
        p.grad = torch.ones(2)
        for _ in range(260):
            optimizer.step()
        assert optimizer.state[p]["step"] == 260
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_rule_s_own_notes_come_back():
    """The rising momentum counts its updates in every group."""
    params = start()
    optimizer = RisingSGD(params, momentum=0.9)
    stride(optimizer, params, range(1, 4))
    resumed = RisingSGD(params, momentum=0.9)
    resumed.load_state_dict(optimizer.state_dict())
    assert resumed.param_groups[0]["t"] == 3
