"""What explains the results of a random search: a forest learns them, and its variance is taken apart."""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, Quantity, each
from firsthand.figures.curves import Runs, lines, metric, series
from firsthand.figures.style import AMBER, BLUE, GREEN, MUTED, RED, VIOLET
from firsthand.papers.odyssey.trials import SIZES, drawn, run


def importance(
    rule: Literal["adam", "nesterov"] = "adam",
    low: float = 1e-5,
    high: float = 0.1,
    trials: int = 30,
    steps: int = 120,
    seed: int = 0,
) -> Outcome:
    """How much of the variance of the test loss each hyper-parameter of the vanilla LSTM explains, in a random search.

    Percent: of "rate", "hidden", "momentum" and "noise" alone, and of all interactions; "times" is the rate's share
    over the next. Size and rate are log-uniform, momentum is 1 minus log-uniform from 0.01 to 1, the standard deviation
    of the noise uniform from 0 to 1. "curve" is the expected loss by rate.

    Args:
        rule: Adam, whose momentum is the decay of its mean gradient, or SGD with Nesterov's momentum.
        low: the lowest rate.
        high: the highest rate.
        trials: of the search.
        steps: of the rule in a trial.
        seed: of the search and its trials.
    """
    generator = drawn(seed, 100)
    units, scores = torch.rand(trials, 4, generator=generator).double().numpy(), []
    for rate, hidden, momentum, noise in units.tolist():
        cells, lr = round(SIZES[0] * (SIZES[1] / SIZES[0]) ** hidden), low * (high / low) ** rate
        scores.append(run(generator, "V", cells, lr, rule, 1 - 0.01**momentum, noise, steps).test)
    shares, curves = analysis(units, np.array(scores), seed)
    single = [100 * share for share in shares]
    return dict(zip(("rate", "hidden", "momentum", "noise"), single, strict=True)) | {
        "interactions": 100 - sum(single),
        "times": single[0] / max(single[1:]),
        "best": min(scores),
        "curve": curves[0],
        "scores": scores,
        "units": units.tolist(),
    }


def analysis(
    units: Float[np.ndarray, "trials dims"], scores: Float[np.ndarray, " trials"], seed: int = 0
) -> tuple[list[float], list[list[float]]]:
    """The share of the variance that each hyper-parameter alone explains, and its curve: the expected score at 16 of
    its values, all others uniform.

    The hyper-parameters are given as numbers from 0 to 1 that trials have drawn uniformly. A random forest of 100
    trees learns the score from them. With f its prediction, the curve is E[f | x_j], and the share Var(E[f | x_j]) /
    Var(f), by Monte Carlo, with the same points for each value of x_j: each of their coordinates lies once in every
    1/200 (a Latin hypercube). What is left of 1 are interactions.
    Source: Hutter, Hoos & Leyton-Brown (2014), section 3, who sum over the leaves of the trees instead.
    """
    from sklearn.ensemble import RandomForestRegressor

    count, dims, random = 200, units.shape[1], np.random.default_rng(seed)
    forest = RandomForestRegressor(n_estimators=100, random_state=seed).fit(units, scores)
    places = random.permuted(np.tile(np.arange(count), (dims, 1)), axis=1).T
    others = (places + random.random((count, dims))) / count
    total = forest.predict(random.random((20_000, dims))).var()
    curves = []
    for j in range(dims):
        points = np.repeat(others[None], 16, 0)
        points[:, :, j] = ((np.arange(16) + 0.5) / 16)[:, None]
        curves.append(forest.predict(points.reshape(-1, dims)).reshape(16, -1).mean(1))
    return [float(curve.var() / total) for curve in curves], [curve.tolist() for curve in curves]


RATE = Measure("rate", "rate (%)", digits=1)
CELLS = Measure("hidden", "cells (%)", digits=1)
MOMENTUM = Measure("momentum", "momentum (%)", digits=1)
NOISE = Measure("noise", "input noise (%)", digits=1)
INTERACTIONS = Measure("interactions", "interactions (%)", digits=1)
MEASURES = (RATE, CELLS, MOMENTUM, NOISE, INTERACTIONS)
SGD = Arm("SGD, four decades", experiment=importance, overrides={"rule": "nesterov", "low": 1e-3, "high": 10.0})
ADAM = Arm("Adam, four decades", experiment=importance)
NARROW = Arm("Adam, 0.001 to 0.05", experiment=importance, overrides={"low": 1e-3, "high": 0.05})
ARMS = (SGD, ADAM, NARROW)


def others(arm: Arm) -> Quantity:
    """What each other hyper-parameter explains."""
    return each(*(share.of(arm) for share in (CELLS, MOMENTUM, NOISE))).called("what each other one explains")


def figure(seen: Runs) -> Figure:
    """Shares of the variance, a bar a seed, and the expected loss by rate, a line a seed."""
    figure = Figure(figsize=(10.5, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    for row, runs in enumerate(seen.values()):
        ends, places = np.zeros(len(runs)), row + 0.25 * (np.arange(len(runs)) - (len(runs) - 1) / 2)
        for measure, colour in zip(MEASURES, (BLUE, GREEN, RED, AMBER, MUTED), strict=True):
            share = np.clip(metric(runs, measure.name), 0, None)
            left.barh(places, share, 0.22, ends, color=colour, label=None if row else measure.label[:-4])
            ends += share
    left.set_yticks(range(len(seen)), list(seen))
    left.invert_yaxis()
    left.grid(axis="y", visible=False)
    left.set_axisbelow(True)
    left.legend(loc="upper center", bbox_to_anchor=(0.45, -0.15), ncols=5, fontsize=8.5, columnspacing=1.0)
    left.set(xlim=(0, 101), xlabel="variance of the test loss (%)", title="What explains the variance")
    for arm, colour in zip(ARMS, (VIOLET, BLUE, RED), strict=True):
        low, high = arm.overrides.get("low", 1e-5), arm.overrides.get("high", 0.1)
        rates = low * (high / low) ** ((np.arange(16) + 0.5) / 16)
        lines(right, [np.stack([rates, curve], 1) for curve in series(seen[arm.name])], colour, arm.name)
    right.set(xscale="log", xlabel="learning rate", ylabel="expected test loss (nats)", title="The loss by rate")
    right.legend(fontsize=8.5, loc="lower left")
    return figure


CLAIM = Claim(
    key="importance",
    kind="the paper's statement",
    statement="The learning rate explains most of the variance, momentum hardly any, and interactions are small.",
    where="section V.B, figure 3",
    measures=MEASURES,
    arms=ARMS,
    conditions=(
        RATE.of(SGD) > 50,
        *(RATE.of(arm) > 3 * others(arm) for arm in ARMS),
        RATE.of(ADAM, NARROW) > 50,
        MOMENTUM.of(*ARMS).called("momentum (%) of each search") < 5,
        INTERACTIONS.of(*ARMS).called("interactions (%) of each search") < RATE.of(*ARMS).called("its rate (%)"),
    ),
    remark="The paper searches SGD's rate over four decades, which the first arm does; Adam is our question. 30 trials "
    "of the vanilla LSTM a seed, 120 steps; a forest of 100 trees, marginals by Monte Carlo. Of Adam the momentum is "
    "the decay of its mean gradient. The share depends on what is thought possible: a range of rates that ends where "
    "nothing is learned makes the rate all-important; in a narrow range noise on the inputs explains as much or more "
    "for two seeds of three. More trials would tell how large momentum's share is there.",
    figure=figure,
)
