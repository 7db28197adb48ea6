"""Trainings that share their data are those that read it themselves, to the bit."""

from dataclasses import replace

import torch

from firsthand.claims.bench.training import Training
from firsthand.papers.zipcode.recipe import PRESETS


def test_shared_data_changes_nothing():
    """Not the losses and weights, and not the task that has read the data; the recipe is each training's own."""
    first = replace(PRESETS["digits"], steps=3)
    second = replace(first, seed=5, model=replace(first.model, init="sqrt-fan-in"))
    shared = Training(first).task
    ours, alone = Training(second, shared), Training(second)
    assert list(ours.steps(3))[:-1] == list(alone.steps(3))[:-1]
    assert torch.equal(ours.network.h1.weight, alone.network.h1.weight)
    assert ours.score("test") == alone.score("test")
    assert ours.task.train is shared.train and shared.recipe == first and ours.task.recipe == second
