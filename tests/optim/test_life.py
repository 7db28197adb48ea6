"""What happens to optimisers in use: copies, resumed runs, new parameters, other rates, odd tensors.

The truth is torch.optim. The tolerance is that of the walks in check.rules, 1e-10 in float64 for other orders of
rounding; none where only the same arithmetic is done again.
"""

from copy import deepcopy

import pytest
import torch
from torch.testing import assert_close

from firsthand.check.rules import CASES, REFERENCES, groups, start, stride
from firsthand.optim import RULES
from firsthand.optim import rule as rule_module

ALL = [
    pytest.param(name, options, id=" ".join([name, *(f"{key}={value}" for key, value in options.items())]))
    for name, sets in CASES.items()
    for options in sets
]
CLOSE = {"rtol": 1e-10, "atol": 1e-12}
SAME = {"rtol": 0, "atol": 0}


def walk(make, options, steps, params=None):
    params = params or start()
    optimizer = make(groups(params), **options)
    stride(optimizer, params, steps)
    return optimizer, params


def remembered(optimizer):
    """The named tensors of every parameter's state; torch's plain SGD remembers None under a name."""
    states = optimizer.state_dict()["state"]
    return {i: {k: v for k, v in state.items() if v is not None} for i, state in states.items()}


@pytest.mark.parametrize(("name", "options"), ALL)
def test_ten_steps_and_ten_are_twenty(name, options):
    """Through a state dict, bit for bit."""
    first, params = walk(RULES[name], options, range(10))
    resumed = [torch.nn.Parameter(p.detach().clone()) for p in params]
    second = RULES[name](groups(resumed), lr=99.0)
    second.load_state_dict(deepcopy(first.state_dict()))
    stride(second, resumed, range(10, 20))
    assert_close(resumed, walk(RULES[name], options, range(20))[1], **SAME)


@pytest.mark.parametrize(("name", "options"), ALL)
def test_the_whole_state_goes_to_torch_and_back(name, options):
    """Groups and all: 10 steps of ours, 10 of torch's, 10 of ours; torch alone would have gone the same way."""
    first, params = walk(RULES[name], options, range(10))
    theirs = REFERENCES[name](groups(params))
    theirs.load_state_dict(first.state_dict())
    stride(theirs, params, range(10, 20))
    last = RULES[name](groups(params))
    last.load_state_dict(theirs.state_dict())
    stride(last, params, range(20, 30))
    reference, expected = walk(REFERENCES[name], options, range(30))
    assert_close(params, expected, **CLOSE)
    assert_close(remembered(last), remembered(reference), **CLOSE)


@pytest.mark.parametrize("name", RULES)
def test_a_copy_goes_its_own_way(name):
    """deepcopy of parameters and optimiser together: both go on, and neither moves the other."""
    options = CASES[name][-1]
    optimizer, params = walk(RULES[name], options, range(10))
    twin_params, twin = deepcopy((params, optimizer))
    stride(twin, twin_params, range(10, 20))
    straight = walk(RULES[name], options, range(20))[1]
    assert_close(twin_params, straight, **SAME)
    stride(optimizer, params, range(10, 20))
    assert_close(params, straight, **SAME)


@pytest.mark.parametrize("name", RULES)
def test_a_group_added_later(name):
    """Its options are the optimiser's unless it brings its own, and it begins at its own first step."""

    def trained(make):
        params = start()
        optimizer = make(params[:2], **CASES[name][-1])
        for number in range(12):
            if number == 5:
                optimizer.add_param_group({"params": params[2:], "lr": 0.003})
            stride(optimizer, params, range(number, number + 1))
        return params

    assert_close(trained(RULES[name]), trained(REFERENCES[name]), **CLOSE)


@pytest.mark.parametrize(("name", "options"), ALL)
def test_a_rate_changed_on_the_way(name, options):
    def trained(make):
        params = start()
        optimizer = make(params, **options)
        for number, rate in enumerate((0.01, 0.01, 0.001, 0.1, 0.0, 0.02)):
            optimizer.param_groups[0]["lr"] = rate
            stride(optimizer, params, range(number, number + 1))
        return params

    assert_close(trained(RULES[name]), trained(REFERENCES[name]), **CLOSE)


@pytest.mark.parametrize("name", RULES)
def test_a_closure_every_step(name):
    """Losses and path are torch's."""

    def trained(make):
        params = start()
        optimizer = make(params, **CASES[name][-1])

        def closure():
            optimizer.zero_grad()
            loss = sum(((p - 1) ** 2).sum() for p in params)
            loss.backward()
            return loss

        losses = [optimizer.step(closure).detach() for _ in range(10)]
        return losses, params

    assert_close(trained(RULES[name]), trained(REFERENCES[name]), **CLOSE)


@pytest.mark.parametrize(("name", "options"), ALL)
@pytest.mark.parametrize("block", [1, 16, 1 << 16])
def test_blocks_change_nothing(name, options, block, monkeypatch):
    """One tensor at a time, a few together, or all: the same bits, with parameters that skip steps of their own."""

    def trained():
        params = start()
        optimizer = RULES[name](groups(params), **options)
        for number in range(12):
            stride(optimizer, params, range(number, number + 1))
            params[3].grad = None
        return params

    whole = trained()
    monkeypatch.setattr(rule_module, "BLOCK", block)
    assert_close(trained(), whole, **SAME)


@pytest.mark.parametrize("name", RULES)
def test_skipped_steps_like_torch(name):
    """Every parameter has its gradient at its own steps only."""

    def trained(make):
        params = start()
        optimizer = make(params, **CASES[name][-1])
        for number in range(20):
            for place, p in enumerate(params):
                p.grad = torch.full_like(p, 1 + number) if number % (place + 1) == 0 else None
            optimizer.step()
        return params

    assert_close(trained(RULES[name]), trained(REFERENCES[name]), **CLOSE)


def mixed():
    """Every kind of tensor in one list: four types, nothing in it, a scalar, columns before rows, every other row."""
    normal = torch.randn(7, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    found = [
        normal[0].bfloat16(), normal[1].float(), normal[2].clone(), torch.zeros(0, 3), normal[3, 0].clone(),
        normal.T.clone(memory_format=torch.preserve_format), normal[::2, ::3].float(), normal.float(),
        normal.bfloat16(),
    ]  # fmt: skip
    return [torch.nn.Parameter(tensor) for tensor in found]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("grouped", [False, True])
def test_odd_tensors(name, grouped):
    """Ours and torch's round float32 and bfloat16 in different orders: within a few units in the last place."""

    def trained(make):
        params = mixed()
        assert not all(p.is_contiguous() for p in params)
        chosen = [{"params": params[::2]}, {"params": params[1::2], "lr": 0.003}] if grouped else params
        optimizer = make(chosen, **({"lr": 0.01} | CASES[name][-1]))
        for number in range(5):
            generator = torch.Generator().manual_seed(number)
            for p in params:
                noise = torch.randn(p.shape, generator=generator, dtype=torch.float64).to(p.dtype)
                p.grad = torch.empty_strided(p.shape, p.stride(), dtype=p.dtype).copy_(noise)
            optimizer.step()
        return optimizer, params

    (ours, moved), (theirs, expected) = trained(RULES[name]), trained(REFERENCES[name])
    for p, q in zip(moved, expected, strict=True):
        assert_close(p, q, rtol=8 * torch.finfo(p.dtype).eps, atol=8 * torch.finfo(p.dtype).eps)
        state, wanted = ours.state[p], theirs.state[q]
        assert {k: (v.dtype, v.stride()) for k, v in state.items()} == {
            k: (v.dtype, v.stride()) for k, v in wanted.items()
        }


@pytest.mark.parametrize("name", RULES)
def test_gradients_in_another_order_of_memory(name):
    """A transposed gradient belongs to the element of its index, not to that of its place."""

    def trained(turn):
        p = torch.nn.Parameter(torch.zeros(3, 5, dtype=torch.float64))
        optimizer = RULES[name]([p], **CASES[name][-1])
        for number in range(5):
            gradient = torch.randn(3, 5, generator=torch.Generator().manual_seed(number), dtype=torch.float64)
            p.grad = gradient.T.contiguous().T if turn else gradient
            optimizer.step()
        return p

    assert_close(trained(True), trained(False), **CLOSE)


@pytest.mark.parametrize("name", RULES)
def test_nothing_to_move(name):
    """No gradient anywhere, or only a parameter without numbers."""
    params = start()
    optimizer = RULES[name](params)
    assert optimizer.step() is None
    assert_close(params, start(), **SAME)
    empty = torch.nn.Parameter(torch.zeros(0, 3))
    empty.grad = torch.zeros(0, 3)
    RULES[name]([empty]).step()
    assert empty.shape == (0, 3)
