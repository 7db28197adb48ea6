"""Examples made ready in threads: always those that were asked for, ahead where it is known what comes."""

import threading
from functools import partial

import pytest
import torch

from firsthand.data.prefetch import STEPS, Prefetch


class Jobs:
    """Makes (step, index) of each example, and notes what was begun."""

    def __init__(self):
        self.begun = []

    def __call__(self, step, indices):
        return [partial(self.make, step, index) for index in indices.tolist()]

    def make(self, step, index):
        self.begun.append((step, index))
        if index < 0:
            raise ValueError("no such example")
        return step, index


def coming(step: int) -> torch.Tensor:
    return torch.arange(3) + 10 * step


def test_what_is_asked_for_comes():
    jobs = Jobs()
    ahead = Prefetch(jobs)
    assert ahead.take(5, torch.tensor([7, 3, 7])) == [(5, 7), (5, 3), (5, 7)]
    assert sorted(jobs.begun) == [(5, 3), (5, 7)]  # once each
    assert ahead.take(2, torch.tensor([7])) == [(2, 7)]  # a step before: another example


def test_the_next_steps_are_begun_before_they_are_asked_for():
    jobs = Jobs()
    ahead = Prefetch(jobs)
    ahead.follow(coming)
    whole = coming(0)
    assert ahead.take(0, whole[:2]) + ahead.take(0, whole[2:]) == [(0, 0), (0, 1), (0, 2)]  # in micro-batches
    wait = Prefetch(lambda step, indices: [threading.Event().is_set for _ in indices])
    wait.take(0, torch.arange(50))  # the threads have come to the end of the queue
    assert sorted(jobs.begun) == [(step, index) for step in range(STEPS + 1) for index in coming(step).tolist()]
    assert ahead.take(1, coming(1)) == [(1, 10), (1, 11), (1, 12)]
    assert len(set(jobs.begun)) == len(jobs.begun)


def test_only_the_steps_ahead_are_kept():
    ahead = Prefetch(Jobs())
    ahead.follow(coming)
    for step in range(20):
        assert ahead.take(step, coming(step)) == [(step, index) for index in coming(step).tolist()]
        assert len(ahead._made) <= STEPS + 1
    ahead.follow(None)
    assert not ahead._made
    assert ahead.take(3, torch.tensor([1])) == [(3, 1)]


def test_an_error_is_that_of_its_example():
    ahead = Prefetch(Jobs())
    with pytest.raises(ValueError, match="no such example"):
        ahead.take(0, torch.tensor([1, -1]))
    assert ahead.take(0, torch.tensor([1])) == [(0, 1)]
