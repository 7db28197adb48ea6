"""How well language models read a book, pass by pass, beside the numbers that the book prints."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims.bench.book import VAL
from firsthand.claims.claim import Arm
from firsthand.figures.curves import Runs, log_ticks, logged, metric
from firsthand.figures.style import BLUE, INK, MUTED, RED, beside, subplots

STEPS = 10  # updates a pass
TICKS = (4, 5, 6, 7, 8, 10, 15, 20)


def perplexities(seen: Runs, arms: Sequence[Arm], title: str, levels: Sequence[Arm] = ()) -> Figure:
    """Training and validation perplexity of two arms, a line a seed, and the printed last numbers; `levels` take no
    passes."""
    figure, axes = subplots(9.5, 4.6)
    labels = [(arm.name, float(np.mean(metric(seen[arm.name], VAL.name))), INK) for arm in levels]
    for _, level, _ in labels:
        axes.axhline(level, xmax=1 / 1.6, color=MUTED, lw=1, ls="--")
    for colour, arm in zip((BLUE, RED), arms, strict=True):
        for part, logs, style in (("validation", "val_loss", {"lw": 1.5}), ("training", "loss", {"lw": 0.8})):
            curves = [logged(run, logs) for run in seen[arm.name]]
            for steps, losses in curves:
                axes.plot(steps / STEPS, np.exp(losses), color=colour, **style)
            labels.append((f"{part}, {arm.name}", float(np.exp(np.mean([losses[-1] for _, losses in curves]))), colour))
        last = steps[-1] / STEPS
        axes.plot([last] * len(arm.paper), list(arm.paper.values()), "D", color=colour, mfc="white", ms=6, zorder=5)
    axes.plot([], [], "D", color=INK, mfc="white", label="printed last numbers")
    axes.set(xlim=(0, 1.6 * last), ylim=(0.93 * min(y for _, y, _ in labels), 21), xticks=np.linspace(0, last, 6),
             xlabel="passes over the first 10,000 windows", ylabel="perplexity", title=title)  # fmt: skip
    log_ticks(axes, TICKS)
    beside(axes, 1.03 * last, labels, 1.07)
    axes.legend(loc="upper right")
    return figure
