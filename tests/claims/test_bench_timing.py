"""Times and the powers with which they grow."""

import pytest

from firsthand.claims.bench.timing import power, timed


def test_powers():
    """3 n^2 has the power 2."""
    assert power((1, 2, 4), (3, 12, 48)) == pytest.approx(2)


def test_times_are_of_the_median_call():
    """Five calls and one to warm up, or as many as take the least time; a slow one in between does not count."""
    calls = []
    assert timed(lambda: calls.append(sum(range(200_000 if len(calls) == 3 else 10))), least=0.0) < 1
    assert len(calls) == 6
