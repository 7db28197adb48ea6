"""From which first weights, and under how much noise, gradient descent finds the latch."""

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, ordered
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import subplots
from firsthand.papers.vanishing.latches import learned

FIRST_WEIGHTS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
NOISES = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6)


def region(length: int = 20, lr: float = 0.1, runs: int = 50, updates: int = 2000, seed: int = 0) -> Outcome:
    """Share of latches that learn to keep their bit, for 8 first weights and 6 levels of noise.

    Args:
        length: T, steps of a sequence.
        lr: learning rate.
        runs: latches for each pair of weight and noise.
        updates: steps of gradient descent.
        seed: of the free inputs and all noise.
    """
    pairs = torch.cartesian_prod(torch.tensor(FIRST_WEIGHTS), torch.tensor(NOISES)).repeat_interleave(runs, 0)
    right, _ = learned(length, *pairs.unbind(1), lr, updates, seed)
    shares = right.view(len(FIRST_WEIGHTS), len(NOISES), runs).mean(2)
    best = zip(NOISES, shares.amax(0).tolist(), strict=True)  # over first weights
    found = {"all": shares.mean().item(), "map": shares.flatten().tolist()}
    return found | {f"best {noise:g}": share for noise, share in best}


WHOLE = Measure("all", "share learned, whole map", digits=2)
BEST = {s: Measure(f"best {s:g}", f"share learned from the best first weight, noise {s:g}", digits=2) for s in NOISES}
SHORT, MIDDLE, LONG = (Arm(f"T = {T}", experiment=region, overrides={"length": T}) for T in (10, 20, 40))


def figure(seen: Runs) -> Figure:
    """The share that learned against the first weight, the mean over the seeds: a panel for each T, a line a noise."""
    figure, *panels = subplots(11.5, 3.9, len(seen), sharey=True)
    for axes, (name, runs) in zip(panels, seen.items(), strict=True):
        shares = np.mean(series(runs, "map"), 0).reshape(len(FIRST_WEIGHTS), len(NOISES))
        for noise, share in zip(NOISES, shares.T, strict=True):
            axes.plot(FIRST_WEIGHTS, share, "o-", ms=4, label=f"noise {noise:g}")
        axes.set(xlabel="first weight w", ylim=(0, 1.03), title=f"Latches that learned, {name}")
    panels[0].set_ylabel("share of latches")
    panels[-1].legend()
    return figure


CLAIM = Claim(
    key="region",
    kind="the paper's statement",
    statement="There is a region of low noise and suitable first weights from which descent reliably finds the latch.",
    where="1994: density of convergence over first weight and noise",
    measures=(WHOLE, *BEST.values()),
    arms=(SHORT, MIDDLE, LONG),
    conditions=(
        BEST[0.05].of(MIDDLE) >= 0.95,
        BEST[0.6].of(MIDDLE) <= 0.5,
        ordered(WHOLE.of(LONG), WHOLE.of(MIDDLE), WHOLE.of(SHORT)),
    ),
    remark="Eight first weights from 0.5 to 3, 50 latches for each of them and each noise, trained as in the claim "
    "`lengths`. L = 3 and T = 20 are from memory of the paper, whose figure we could not see. At rate 0.1 the best "
    "first weight falls short of our 95 %: 92 % with each seed, and all at T = 10. At rate 0.5 (`--lr 0.5`, the same "
    "seeds) 96 % or more learn it at noise 0.1 and 0.2, but 90 to 92 % at 0.05: the paper's rate would settle it.",
    figure=figure,
)
