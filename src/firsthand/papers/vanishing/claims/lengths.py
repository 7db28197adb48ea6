"""How often gradient descent teaches a neuron to keep a bit, against the number of steps."""

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, each, limit_from
from firsthand.papers.vanishing.latches import learned

SETTINGS = {  # noise (standard deviation) and learning rate
    "noise 0.1": (0.1, 0.1),
    "noise 0.2": (0.2, 0.1),
    "noise 0.447": (0.447, 0.1),
    "noise 0.2, rate 0.5": (0.2, 0.5),
}


def lengths(length: int = 20, runs: int = 200, updates: int = 2000, seed: int = 0) -> Outcome:
    """Share of latches that gradient descent teaches to keep their bit, in four settings of noise and rate.

    Three steps show the class, w starts at 1.25, the free inputs in U(-0.1, 0.1). An update sees one fresh sequence of
    each class. A latch has learned it when 98 of 100 fresh pairs come out right.

    Args:
        length: T, steps of a sequence.
        runs: latches in each setting, each with its own free inputs and noise.
        updates: steps of gradient descent.
        seed: of the free inputs and all noise.
    """
    noise, lr = (torch.tensor(values).repeat_interleave(runs) for values in zip(*SETTINGS.values(), strict=True))
    right, w = (found.view(-1, runs) for found in learned(length, 1.25, noise, lr, updates, seed))
    weights = zip(SETTINGS, w.median(1).values.tolist(), strict=True)
    return dict(zip(SETTINGS, right.mean(1).tolist(), strict=True)) | {f"w, {name}": w for name, w in weights}


LEARNED = {name: Measure(name, f"share learned, {name}", digits=2) for name in SETTINGS}
LOW, MIDDLE, HIGH, _ = LEARNED.values()
ARMS = {T: Arm(f"T = {T}", experiment=lengths, overrides={"length": T}) for T in (5, 10, 15, 20, 30, 40, 60, 100)}
arms = tuple(ARMS.values())
longer = each(*(share.of(*arms[1:]) - share.of(*arms[:-1]) for share in (LOW, MIDDLE, HIGH)))
noisier = each(MIDDLE.of(*arms) - LOW.of(*arms), HIGH.of(*arms) - MIDDLE.of(*arms))


CLAIM = Claim(
    key="lengths",
    kind="the paper's statement",
    statement="Gradient descent teaches a neuron to keep one bit for ten steps, and no longer for forty.",
    where="1994: the minimal task, frequency of convergence against T",
    measures=tuple(LEARNED.values()),
    arms=arms,
    conditions=limit_from(
        "pilot",
        MIDDLE.of(ARMS[10]) - MIDDLE.of(ARMS[40]) >= 0.85,
        MIDDLE.of(ARMS[5], ARMS[10]) >= 0.95,
        MIDDLE.of(ARMS[40]) <= 0.1,
        longer.called("change of the share from one T to the next, at each noise") <= 0.05,
        noisier.called("change of the share from one noise to the next, at each T") <= 0.05,
    ),
    remark="Each seed is 200 latches in each setting, with L = 3, w from 1.25, free inputs in U(-0.1, 0.1), 2,000 "
    "updates of a fresh pair each at rate 0.1: rate, number of updates and the test of success are ours, as our "
    "sources give none. The limits come from a pilot run, 0.05 for the sampling error of 200 latches; the first "
    "condition joins the two after it. The paper calls its noise of 0.2 a variance, a standard deviation of 0.447; "
    "all numbers here are standard deviations.",
)
