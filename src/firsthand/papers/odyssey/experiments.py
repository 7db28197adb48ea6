"""What the claims measure: random searches, what explains their results, rates that carry over, and another task."""

from collections.abc import Callable
from math import log, log10
from typing import Literal, get_args

import numpy as np
import torch
from torch import Generator
from torch.nn import Module

from firsthand import optim
from firsthand.data import synthetic
from firsthand.nn import Linear, mse
from firsthand.papers.claim import Outcome
from firsthand.papers.odyssey.anova import curve, shares
from firsthand.papers.odyssey.model import LSTM, Variant
from firsthand.papers.odyssey.trials import Trial, log_uniform, run

SIZES = (16.0, 64.0)  # cells of a trial's LSTM, log-uniform
RATES = (1e-3, 0.05)  # of Adam, log-uniform
NAMES = ("rate", "hidden", "momentum", "noise")


def drawn(*numbers: int) -> Generator:
    """A generator that these numbers decide."""
    return Generator().manual_seed(int(np.random.SeedSequence(numbers).generate_state(1)[0]))


def search(variant: Variant = "V", trials: int = 10, top: int = 2, steps: int = 250, seed: int = 0) -> Outcome:
    """A random search over size and rate for one variant: how well it reads The Time Machine, reasonably tuned.

    "val" is the best validation loss, "test" the mean test loss of the trials with the best ones, "square" the mean of
    those losses' squares, "median" the median validation loss of all trials, "cells" the mean number of cells of the
    best ones, "cell" the mean size of a cell at the end of the very best. Nats a character.

    Args:
        variant: of the LSTM.
        trials: of the search.
        top: of them that count, by validation loss.
        steps: of Adam in a trial.
        seed: of the search and its trials.
    """
    generator = drawn(seed, get_args(Variant).index(variant))
    rows = []
    for _ in range(trials):
        hidden, lr = round(log_uniform(*SIZES, generator)), log_uniform(*RATES, generator)
        rows.append((hidden, lr, run(Trial(variant, hidden, lr, steps=steps), generator)))
    rows.sort(key=lambda row: row[2].val)
    tests = [ended.test for _, _, ended in rows[:top]]
    return {
        "val": rows[0][2].val,
        "test": float(np.mean(tests)),
        "square": float(np.square(tests).mean()),
        "median": float(np.median([ended.val for _, _, ended in rows])),
        "cells": float(np.mean([hidden for hidden, _, _ in rows[:top]])),
        "cell": rows[0][2].cell,
        "tests": tests,
        "vals": [ended.val for _, _, ended in rows],
        "hidden": [hidden for hidden, _, _ in rows],
        "rates": [lr for _, lr, _ in rows],
    }


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
        trial = Trial(
            "V",
            round(SIZES[0] * (SIZES[1] / SIZES[0]) ** hidden),
            low * (high / low) ** rate,
            rule,
            1 - 0.01**momentum,
            noise,
            steps,
        )
        scores.append(run(trial, generator).test)
    found = shares(units, np.array(scores), seed)
    single = [100 * found[j,] for j in range(4)]
    ends = np.sort(single[1:])
    return dict(zip(NAMES, single, strict=True)) | {
        "interactions": 100 - sum(single),
        "times": float(single[0] / ends[-1]),
        "best": min(scores),
        "curve": curve(units, np.array(scores), 0, seed),
        "scores": scores,
        "units": units.tolist(),
    }


def tune(hidden: int = 16, steps: int = 250, seed: int = 0) -> Outcome:
    """The best of seven rates of Adam, from 0.001 to 0.1, for a vanilla LSTM of this size.

    "decades" is the logarithm of that rate to base 10, "val" its validation loss.

    Args:
        hidden: cells.
        steps: of Adam.
        seed: of weights.
    """
    rates = [10 ** (-3 + number / 3) for number in range(7)]
    vals = [run(Trial("V", hidden, lr, steps=steps), drawn(seed, 200)).val for lr in rates]
    best = int(np.argmin(vals))
    return {"decades": log10(rates[best]), "val": vals[best], "rates": rates, "vals": vals}


def momentum(scaled: bool = True, inits: int = 2, lr: float = 0.5, steps: int = 400, seed: int = 0) -> Outcome:
    """How much the validation loss depends on SGD's momentum of 0, 0.5, 0.9 and 0.99, with the rate scaled or not.

    "range" is the largest mean loss of a momentum minus the least, "luck" how far the means of as many runs lie apart
    if nothing but the first weights differs: the expected range of four means, 2.06 standard errors.

    Args:
        scaled: multiply the rate by 1 - momentum.
        inits: runs for each momentum, with weights of their own.
        lr: the rate without momentum.
        steps: of SGD.
        seed: of weights.
    """
    values = (0.0, 0.5, 0.9, 0.99)
    table = np.array([
        [
            run(
                Trial("V", 32, lr if scaled else lr / (1 - m), "nesterov", m, steps=steps),
                drawn(seed, 300, number, round(100 * m)),
            ).val
            for number in range(inits)
        ]
        for m in values
    ])  # fmt: skip
    means = table.mean(1)
    error = np.sqrt(table.var(1, ddof=1).mean() / inits)
    return {
        "range": float(means.max() - means.min()),
        "luck": float(2.06 * error),
        "plain": float(means[0]),
        "fastest": float(means[3]),
        "losses": table.tolist(),
    }


class Adder(Module):
    """An LSTM of some variant and a linear map of its output at each sequence's end."""

    def __init__(self, variant: Variant, hidden: int):
        super().__init__()
        self.lstm, self.head = LSTM(2, hidden, variant), Linear(hidden, 1)

    def forward(self, batch: synthetic.Sequences):
        """The answers."""
        y, _ = self.lstm(batch.inputs)
        return self.head(y[torch.arange(len(y)), batch.lengths - 1]).squeeze(1)


def adding(
    variant: Variant = "V", hidden: int = 12, steps: int = 600, length: int = 50, keep: float = 3.0, seed: int = 0
) -> Outcome:
    """How well a variant adds two marked numbers over 25 steps or more: the squared error on 2,000 new sequences.

    Adam at 0.01, batches of 48 fresh sequences. "thousandths" is the error times 1,000; always saying 0.5 has 39.

    Args:
        variant: of the LSTM.
        hidden: cells.
        steps: of Adam.
        length: of a sequence, up to a tenth more.
        keep: added to the first biases of the forget gate, taken from those of the input gate if they are coupled.
        seed: of weights and sequences.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = Adder(variant, hidden)
    gates = network.lstm.b.data.view(len(network.lstm.blocks), hidden)
    if variant == "CIFG":
        gates[0] -= keep
    elif variant != "NFG":
        gates[network.lstm.blocks.index("f")] += keep
    rule, curve = optim.Adam(network.parameters(), lr=0.01), []
    for _ in range(steps):
        batch = synthetic.adding(48, generator, length)
        loss = mse(network(batch), batch.targets)
        rule.zero_grad()
        loss.backward()
        rule.step()
        curve.append(loss.item())
    with torch.no_grad():
        batch = synthetic.adding(2000, generator, length)
        error = mse(network(batch), batch.targets).item()
    means = np.array(curve).reshape(-1, 20).mean(1) if steps % 20 == 0 else np.array(curve)
    return {"thousandths": 1000 * error, "log": log(error), "curve": means.tolist()}


EXPERIMENTS: dict[str, Callable[..., Outcome]] = {
    "search": search,
    "importance": importance,
    "tune": tune,
    "momentum": momentum,
    "adding": adding,
}
