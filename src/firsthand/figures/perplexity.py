"""How well language models read a book, pass by pass, beside the numbers that the book prints."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from firsthand.figures.curves import Runs, log_ticks, logged
from firsthand.figures.style import BLUE, INK, MUTED, RED, beside

STEPS = 10  # updates a pass
TICKS = (4, 5, 6, 7, 8, 10, 15, 20)


def perplexities(
    seen: Runs, printed: Mapping[str, Mapping[str, float]], title: str, levels: Mapping[str, float] | None = None
) -> Figure:
    """Training and validation perplexity of two arms, a line a seed; arm -> measure -> the printed last number.

    `levels` are perplexities of what takes no passes, by name.
    """
    figure = Figure(figsize=(9.5, 4.6))
    axes = figure.subplots()
    labels = [(name, level, INK) for name, level in (levels or {}).items()]
    for colour, (name, numbers) in zip((BLUE, RED), printed.items(), strict=True):
        for part, logs, style in (("validation", "val_loss", {"lw": 1.5}), ("training", "loss", {"lw": 0.8})):
            curves = [logged(run, logs) for run in seen[name]]
            for steps, losses in curves:
                axes.plot(steps / STEPS, np.exp(losses), color=colour, **style)
            labels.append((f"{part}, {name}", float(np.exp(np.mean([losses[-1] for _, losses in curves]))), colour))
        last = steps[-1] / STEPS
        axes.plot([last] * len(numbers), list(numbers.values()), "D", color=colour, mfc="white", ms=6, zorder=5)
    for level in (levels or {}).values():
        axes.plot((0, last), (level, level), color=MUTED, lw=1, ls="--")
    axes.plot([], [], "D", color=INK, mfc="white", label="printed last numbers")
    axes.set(xlim=(0, 1.6 * last), ylim=(0.93 * min(y for _, y, _ in labels), 21), xticks=np.linspace(0, last, 6),
             xlabel="passes over the first 10,000 windows", ylabel="perplexity", title=title)  # fmt: skip
    log_ticks(axes, TICKS)
    beside(axes, 1.03 * last, labels, 1.07)
    axes.legend(loc="upper right")
    return figure
