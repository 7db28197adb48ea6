"""Schedules against their closed forms and torch's own."""

import json
import random
from functools import partial
from math import inf, nan, sqrt

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import UserError
from firsthand.optim import SCHEDULES, Plateau
from firsthand.optim.schedule import constant, cosine, exponential, inverse_sqrt, linear, one_cycle, range_test, step

DEFAULTS = {name: {"drops": (3, 7)} if name == "step" else {} for name in SCHEDULES}


def test_names():
    assert SCHEDULES.keys() == {
        "constant", "step", "exponential", "linear", "cosine", "inverse-sqrt", "one-cycle", "range", "plateau",
    }  # fmt: skip


@given(name=st.sampled_from(sorted(SCHEDULES)), total=st.integers(1, 200))
def test_positive_and_finite_at_every_step_of_any_run(name, total):
    factor = SCHEDULES[name](total, **DEFAULTS[name])
    top = 10 if name == "range" else 1
    assert all(0 < factor(t) <= top + 1e-9 for t in range(total))


def test_constant():
    assert [constant(10)(t) for t in (0, 5, 100)] == [1, 1, 1]


def test_step_drops_at_the_step_named():
    factor = step(10, drops=(3, 7), factor=0.5)
    assert [factor(t) for t in range(10)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert [step(10, drops=(1,), factor=factor)(t) for factor in (0.0, 10.0) for t in (0, 1)] == [1, 0, 1, 10]


def test_cosine_at_its_quarters():
    factor = cosine(80)
    expected = [1, (1 + sqrt(0.5)) / 2, 0.5, (1 - sqrt(0.5)) / 2, 0]
    assert [factor(t) for t in (0, 20, 40, 60, 80)] == pytest.approx(expected, abs=1e-12)


def test_cosine_warms_up_and_rests_on_its_floor():
    factor = cosine(14, warmup=4, floor=0.2)
    assert [factor(t) for t in range(5)] == pytest.approx([0.25, 0.5, 0.75, 1, 1])
    assert factor(9) == pytest.approx(0.6)
    assert [factor(t) for t in (14, 20)] == pytest.approx([0.2, 0.2])


LR = torch.optim.lr_scheduler
PAIRS = {
    "cosine": (cosine(37, floor=0.1), lambda optimizer: LR.CosineAnnealingLR(optimizer, T_max=37, eta_min=0.1)),
    "linear": (linear(37, floor=0.1), lambda optimizer: LR.LinearLR(optimizer, 1.0, 0.1, total_iters=37)),
    "exponential": (exponential(37, factor=0.9, every=1), lambda optimizer: LR.ExponentialLR(optimizer, 0.9)),
    "staircase": (exponential(37, factor=0.7, every=5), lambda optimizer: LR.StepLR(optimizer, 5, 0.7)),
    "step": (step(37, drops=(3, 17), factor=0.3), lambda optimizer: LR.MultiStepLR(optimizer, [3, 17], 0.3)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_equal_to_torch(name):
    """torch multiplies step by step where we have a closed form: 1e-12 for 37 roundings."""
    factor, make = PAIRS[name]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = make(optimizer)
    for t in range(37):
        assert factor(t) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        optimizer.step()
        reference.step()


def test_linear_warms_up_and_rests_on_its_floor():
    factor = linear(14, warmup=4, floor=0.2)
    assert [factor(t) for t in range(5)] == pytest.approx([0.25, 0.5, 0.75, 1, 1])
    assert factor(9) == pytest.approx(0.6)
    assert [factor(t) for t in (14, 20)] == pytest.approx([0.2, 0.2])


def test_exponential_falls_at_every_multiple():
    factor = exponential(10, factor=0.5, every=3)
    assert [factor(t) for t in range(8)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


@given(t=st.integers(0, 100_000), width=st.integers(1, 1024), warmup=st.integers(1, 10_000))
def test_inverse_sqrt_is_equation_3(t, width, warmup):
    """The paper counts steps from 1: lrate = width^-0.5 min(step^-0.5, step warmup^-1.5)."""
    rate = (width * warmup) ** -0.5 * inverse_sqrt(100_000, warmup=warmup)(t)
    assert rate == pytest.approx(width**-0.5 * min((t + 1) ** -0.5, (t + 1) * warmup**-1.5), rel=1e-12)


def test_inverse_sqrt_of_the_paper():
    """The base Transformer: width 512, 4,000 steps of warm-up, top 6.988e-4."""
    factor = inverse_sqrt(100_000, warmup=4000)
    assert factor(3999) == 1
    assert (512 * 4000) ** -0.5 * max(factor(t) for t in range(8000)) == pytest.approx(6.988e-4, rel=1e-4)
    assert [inverse_sqrt(9)(t) for t in (0, 3, 8)] == pytest.approx([1, 1 / 2, 1 / 3])


@pytest.mark.parametrize("floor", [0.0, 0.1])
@pytest.mark.parametrize("threshold", [0.0, 1e-4, 0.3])
@pytest.mark.parametrize("cooldown", [0, 3])
@pytest.mark.parametrize("patience", [0, 1, 4])
def test_plateau_equals_torch(patience, cooldown, threshold, floor):
    """Noise that sinks, with NaN and infinity, and our state put through plain numbers after every value."""
    options = {"factor": 0.5, "patience": patience, "threshold": threshold, "cooldown": cooldown}
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = LR.ReduceLROnPlateau(optimizer, **options, min_lr=floor, eps=0)
    factor = Plateau(100, **options, floor=floor)
    dice = random.Random(0)
    for number in range(100):
        value = dice.choice([nan, inf]) if number in (0, 7, 8, 30) else 10 * 0.97**number * dice.uniform(0.9, 1.1)
        factor.observe(value)
        reference.step(value)
        assert factor(number) == optimizer.param_groups[0]["lr"]
        state = json.loads(json.dumps(factor.state_dict()))
        factor = Plateau(100, **options, floor=floor)
        factor.load_state_dict(state)
    assert threshold < 0.3 or factor(100) <= 0.5**3


def test_plateau_by_hand():
    factor = Plateau(100, factor=0.1, patience=2)
    scales = []
    for value in (3.0, 2.0, 2.0, 2.5, 1.9, 1.9, 1.9, 1.9, 1.9):
        factor.observe(value)
        scales.append(factor(0))
    assert scales == [1, 1, 1, 1, 1, 1, 1, 0.1, 0.1]


def test_plateau_of_values_below_zero():
    """A lower value is an improvement on the other side of 0 too, a slightly higher one is none."""
    factor = Plateau(100, patience=0, threshold=0.1)
    for value in (-1.0, -1.2, -1.4):
        factor.observe(value)
    assert factor(0) == 1
    factor.observe(-1.39)
    assert factor(0) == pytest.approx(0.1)


def test_one_cycle_turns_where_it_should():
    factor = one_cycle(100, warmup_fraction=0.3, start=0.04, floor=0.1)
    assert [factor(t) for t in (0, 15, 30, 65, 100)] == pytest.approx([0.04, 0.52, 1, 0.55, 0.1])


def test_one_cycle_equals_torch():
    """torch's last of N steps stands on the floor: ours with total N - 1 and the top at step 0.3 N - 1."""
    steps, start, floor = 50, 0.04, 1e-3
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1.0, steps, pct_start=0.3, div_factor=1 / start, final_div_factor=start / floor, cycle_momentum=False
    )
    factor = one_cycle(steps - 1, warmup_fraction=(0.3 * steps - 1) / (steps - 1), start=start, floor=floor)
    for t in range(steps):
        assert factor(t) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        if t < steps - 1:
            reference.step()


def test_range_test_grows_by_one_ratio_from_end_to_end():
    factor = range_test(7, low=1e-4, high=100.0)
    assert [factor(t) for t in range(7)] == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100])


@pytest.mark.parametrize(
    "make",
    [
        lambda: cosine(10, warmup=10),
        lambda: cosine(10, warmup=-1),
        *(partial(make, 10, floor=floor) for make in (cosine, linear, one_cycle) for floor in (-0.1, 1.1, nan, inf)),
        *(partial(one_cycle, 10, start=start) for start in (-0.1, 1.1, nan)),
        *(partial(step, 10, drops=(3,), factor=factor) for factor in (-0.1, nan, inf)),
        *(partial(exponential, 10, factor=factor) for factor in (-0.1, nan, inf)),
        *(partial(Plateau, 10, **{name: -1}) for name in ("patience", "cooldown")),
        *(partial(Plateau, 10, threshold=value) for value in (-0.1, nan, inf)),
        *(partial(Plateau, 10, factor=value) for value in (-0.1, nan)),
        *(partial(range_test, 10, **{name: value}) for name in ("low", "high") for value in (nan, inf)),
        lambda: one_cycle(10, warmup_fraction=nan),
        lambda: linear(10, warmup=10),
        lambda: inverse_sqrt(10, warmup=0),
        lambda: exponential(10, factor=0.0),
        lambda: exponential(10, factor=1.5),
        lambda: exponential(10, every=0),
        lambda: Plateau(10, factor=1.0),
        lambda: Plateau(10, floor=2.0),
        lambda: one_cycle(10, warmup_fraction=1.0),
        lambda: range_test(10, low=0.0),
        lambda: range_test(10, low=2.0, high=1.0),
    ],
)
def test_impossible_options_are_refused(make):
    with pytest.raises(UserError):
        make()
