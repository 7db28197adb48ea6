"""Pictures of the claims."""

from collections.abc import Mapping
from math import exp, log

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firsthand.papers.claim import Seen
from firsthand.papers.gru.claims import AFTER, BEFORE, LSTM, ONE_BIAS, TANH, UNIT
from firsthand.train.figures import COLOURS, INK, MUTED, apart

Runs = Mapping[str, list[Seen]]
BLUE, RED, GREEN, AMBER, VIOLET = COLOURS[:5]
READERS = {TANH: INK, UNIT: BLUE, AFTER: BLUE, LSTM: RED, BEFORE: GREEN, ONE_BIAS: AMBER}


def curves(seen: Runs, arm: str, name: str = "curve") -> list[np.ndarray]:
    """A list of numbers, or of rows of numbers, of every run of an arm."""
    return [np.array(run.result["series"][name], dtype=float) for run in seen[arm]]


def perplexities(axes: Axes, low: float, high: float) -> None:
    """A logarithmic axis with plain numbers."""
    axes.set(yscale="log", ylim=(low, high))
    ticks = [tick for tick in (5, 5.5, 6, 6.5, 7, 8, 10, 15, 20) if low <= tick <= high]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def time_machine(seen: Runs) -> Figure:
    """Perplexity pass by pass, and where the book ended."""
    figure = Figure(figsize=(8.8, 4.2))
    axes = figure.subplots()
    ends, colours = {}, {}
    for colour, (name, runs) in zip((BLUE, RED), seen.items(), strict=True):
        for part, key, style in (("validation", "val_loss", {"lw": 1.5}), ("training", "loss", {"lw": 0.9})):
            for run in runs:
                points = [(row["step"] / 10, exp(row[key])) for row in run.rows if row.get(key) is not None]
                axes.plot(*zip(*points, strict=True), color=colour, **style)
            words = f"{part}, {name}"
            ends[words], colours[words] = points[-1][1], colour
    for words, y in zip(ends, np.exp(apart([log(end) for end in ends.values()], log(1.075))), strict=True):
        axes.text(51.4, y, words, color=colours[words], va="center", fontsize=9)
    for colour, book in zip((BLUE, RED), ((4.94, 6.55), (5.73, 6.74)), strict=True):
        axes.plot([50, 50], book, "D", color=colour, mfc="white", ms=6, mew=1.6, zorder=5)
    axes.plot([], [], "D", color=INK, mfc="white", mew=1.6, label="the book's last numbers")
    perplexities(axes, 4.6, 21.0)
    axes.set(xlim=(0, 79), xticks=range(0, 51, 10), xlabel="passes over the first 10,000 windows", ylabel="perplexity",
             title="Two forms of the unit, two sets of first weights: the book's numbers for both")  # fmt: skip
    axes.legend(loc="upper right")
    return figure


def readers(seen: Runs, title: str) -> tuple[Figure, Axes]:
    """Validation perplexity pass by pass, a line a seed, and the lowest places side by side."""
    figure = Figure(figsize=(10.5, 4.3))
    left, right = figure.subplots(1, 2, width_ratios=(2.2, 1), sharey=True)
    for place, name in enumerate(seen):
        for row in curves(seen, name):
            left.plot(range(1, len(row) + 1), row, color=READERS[name], lw=1.2, alpha=0.85)
            left.plot(row.argmin() + 1, row.min(), "o", color=READERS[name], ms=5)
        best = [row.min() for row in curves(seen, name)]
        right.plot([place] * len(best), best, "o", color=READERS[name], ms=6, alpha=0.7)
        right.plot(place, np.mean(best), "_", color=READERS[name], ms=26, mew=2)
        left.plot([], [], color=READERS[name], lw=2, label=name)
    perplexities(left, 5.1, 8.0)
    left.set(xlabel="passes over 60,000 characters", ylabel="perplexity on 20,000 others", title=title)
    left.legend(loc="upper right")
    right.set_xticks(range(len(seen)), [name.replace(", ", "\n").replace(" it", "\nit") for name in seen], fontsize=8.5)
    right.set(xlim=(-0.6, len(seen) - 0.4), title="lowest of each run")
    return figure, right


def equal_weights(seen: Runs) -> Figure:
    """tanh, GRU and LSTM."""
    return readers(seen, "With 20,000 weights each, gated units read better")[0]


def reset(seen: Runs) -> Figure:
    """Three places of the reset gate beside tanh."""
    figure, right = readers(seen, "Where the reset gate acts matters little")
    words = {TANH: "tanh", BEFORE: "before", AFTER: "after", ONE_BIAS: "after,\nno bias\ninside"}
    right.set_xticks(range(len(seen)), [words[name] for name in seen], fontsize=8.5)
    return figure


def adding(seen: Runs) -> Figure:
    """Mean error against sequences, a line for every run."""
    figure = Figure(figsize=(9.5, 4.6))
    axes = figure.subplots()
    for name, colour in zip(seen, (INK, RED, BLUE, VIOLET), strict=True):
        for number, row in enumerate(curves(seen, name)):
            width = {"lw": 3.5, "alpha": 0.35} if name == "tanh" else {"lw": 1.3}  # two lines lie on each other
            axes.plot(row[:, 0] / 1000, row[:, 1], color=colour, **width, label=None if number else name)
            if seen[name][number].result["metrics"]["solved"]:
                axes.plot(row[-1, 0] / 1000, row[-1, 1], "o", color=colour, ms=5)
    axes.axhline(0.16, color=MUTED, lw=1, ls=":")
    axes.text(1, 0.175, "always saying 0.5", color=INK, fontsize=8.5)
    axes.set(yscale="log", xlim=(0, 98), ylim=(0.0038, 0.3), xlabel="sequences (thousands)",
             ylabel="mean error of the answer",
             title="Adding over a lag of 25 steps or more: the gate must be told to keep")  # fmt: skip
    axes.set_yticks((0.005, 0.01, 0.02, 0.05, 0.1, 0.2), ("0.005", "0.01", "0.02", "0.05", "0.1", "0.2"))
    axes.minorticks_off()
    axes.legend(loc="lower left", fontsize=8.5)
    return figure


def lengths(seen: Runs) -> Figure:
    """Rows written backwards without a mistake, by their length, a line a seed."""
    figure = Figure(figsize=(8.8, 4.2))
    axes = figure.subplots()
    for (name, runs), colour in zip(seen.items(), (AMBER, BLUE, GREEN), strict=True):
        for number, run in enumerate(runs):
            found = {int(key[7:]): value for key, value in run.result["metrics"].items() if key.startswith("right, ")}
            axes.plot(*zip(*sorted(found.items()), strict=True), "o-", color=colour, lw=1.3, ms=4, alpha=0.8,
                      label=None if number else name)  # fmt: skip
    axes.axvline(12, color=MUTED, lw=1, ls=":")
    axes.text(12.2, 97, "trained to 12", color=INK, fontsize=8.5)
    axes.set(xlim=(1, 25), ylim=(-3, 103), xticks=range(2, 25, 2), xlabel="digits in the row",
             ylabel="rows right (%)", title="One vector for a whole row: the longer, the fewer survive")  # fmt: skip
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.92))
    return figure
