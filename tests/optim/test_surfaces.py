"""Walks on surfaces: slopes against finite differences, arrivals against closed forms."""

from functools import partial
from math import log, sqrt

import pytest

from firsthand import optim
from firsthand.optim.surfaces import RATES, SURFACES, fastest, race, thinned, walk

MINIMA = ["valley", "turned valley", "Rosenbrock", "Beale"]


@pytest.mark.parametrize("name", SURFACES)
def test_slopes(name):
    surface = SURFACES[name]
    h = 1e-5  # the error of central differences is about h^2 times the third derivative, some hundreds here
    for x, y in ((0.3, -1.7), (2.1, 0.4), surface.start):
        along_x = (surface.value(x + h, y) - surface.value(x - h, y)) / (2 * h)
        along_y = (surface.value(x, y + h) - surface.value(x, y - h)) / (2 * h)
        assert surface.slope(x, y) == pytest.approx((along_x, along_y), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", MINIMA)
def test_goals_are_minima(name):
    surface = SURFACES[name]
    assert surface.value(*surface.goal) == pytest.approx(0, abs=1e-20) and surface.done(*surface.goal)
    assert surface.slope(*surface.goal) == pytest.approx((0, 0), abs=1e-12)


def test_the_turned_valley_is_the_valley():
    """Same height at the start, and plain gradient descent, which knows no axes, takes as long."""
    valley, turned = SURFACES["valley"], SURFACES["turned valley"]
    assert turned.value(*turned.start) == pytest.approx(valley.value(*valley.start), rel=1e-12)
    assert len(walk(valley, optim.SGD, 0.01)[0]) == len(walk(turned, optim.SGD, 0.01)[0])


def test_gradient_descent_in_the_valley():
    """At the rate 1/100 y is 0 after one step and x shrinks by 0.99 a step: x^2 / 2 < 1e-6 after 882 steps."""
    path, arrived = walk(SURFACES["valley"], optim.SGD, 0.01)
    assert arrived and path[1] == pytest.approx((9.9, 0))
    assert len(path) - 1 == -int(-log(10 / sqrt(2e-6)) / -log(0.99) // 1) == 882


def test_leaving_the_saddle():
    """y grows by 1 + 2 lr a step, from 0.001 to 1."""
    path, arrived = walk(SURFACES["saddle"], optim.SGD, 0.01)
    assert arrived and len(path) - 1 == int(log(1000) / log(1.02)) + 1


def test_divergence_ends_a_walk():
    """Above 2/100 every step in the valley is longer than the one before."""
    path, arrived = walk(SURFACES["valley"], optim.SGD, 0.03)
    assert not arrived and len(path) < 100


def test_schedules_multiply_the_rate():
    path, _ = walk(SURFACES["valley"], optim.SGD, 1.0, most=3, schedule=lambda step: 0.01 / (step + 1))
    assert [x for x, _ in path] == pytest.approx([10, 9.9, 9.9 * 0.995, 9.9 * 0.995 * (1 - 0.01 / 3)])


def test_the_fastest_rate():
    """AdaGrad's first step is lr along both axes: lr 10 lands on the valley's floor."""
    assert fastest(SURFACES["valley"], optim.Adagrad, (0.5, 10.0))[0] == 10.0
    rate, path = fastest(SURFACES["valley"], optim.SGD, (1e-4, 1e-3), most=50)
    assert rate is None and path[-1] == pytest.approx((10 * 0.999**50, 0.9**50))
    assert len(RATES) == 17 and RATES[0] == pytest.approx(1e-4) and RATES[-1] == pytest.approx(20)


def test_race():
    found = race(partial(optim.SGD, momentum=0.9), most=2000)
    assert found["saddle rate"] == 0.01 and found["valley"] < 882
    assert len(found["Beale x"]) == len(found["Beale y"]) and found["Beale x"][0] == 1.0
    given = race(optim.SGD, most=2000, rates=(0.01,))
    assert given["valley"] == 882 and {given[f"{name} rate"] for name in SURFACES} <= {0.01, None}


@pytest.mark.parametrize("length", [1, 5, 200, 400, 401, 20_001])
def test_thinned(length):
    places = thinned(length)
    assert places[0] == 0 and places[-1] == length - 1 and places == sorted(set(places)) and len(places) <= 402
    assert places[:200] == list(range(min(length, 200)))
