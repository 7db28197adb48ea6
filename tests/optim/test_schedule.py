"""Schedules against their closed forms and torch's own."""

from math import sqrt

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import UserError
from firsthand.optim import SCHEDULES
from firsthand.optim.schedule import constant, cosine, one_cycle, range_test, step

DEFAULTS = {name: {"drops": (3, 7)} if name == "step" else {} for name in SCHEDULES}


def test_names():
    assert SCHEDULES.keys() == {"constant", "step", "cosine", "one-cycle", "range"}


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


def test_cosine_at_its_quarters():
    factor = cosine(80)
    expected = [1, (1 + sqrt(0.5)) / 2, 0.5, (1 - sqrt(0.5)) / 2, 0]
    assert [factor(t) for t in (0, 20, 40, 60, 80)] == pytest.approx(expected, abs=1e-12)


def test_cosine_warms_up_and_rests_on_its_floor():
    factor = cosine(14, warmup=4, floor=0.2)
    assert [factor(t) for t in range(5)] == pytest.approx([0.25, 0.5, 0.75, 1, 1])
    assert factor(9) == pytest.approx(0.6)
    assert [factor(t) for t in (14, 20)] == pytest.approx([0.2, 0.2])


def test_cosine_equals_torch():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=37, eta_min=0.1)
    factor = cosine(37, floor=0.1)
    for t in range(37):
        assert factor(t) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        reference.step()


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
        lambda: one_cycle(10, warmup_fraction=1.0),
        lambda: range_test(10, low=0.0),
        lambda: range_test(10, low=2.0, high=1.0),
    ],
)
def test_impossible_options_are_refused(make):
    with pytest.raises(UserError):
        make()
