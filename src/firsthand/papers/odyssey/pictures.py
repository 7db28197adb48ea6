"""Pictures of the claims."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.claim import Seen
from firsthand.papers.odyssey.claims import LEVEL, NAMES, SEARCHES, welch

Runs = Mapping[str, list[Seen]]
BLUE, RED, GREEN, AMBER, VIOLET = COLOURS[:5]


def pooled(seen: Runs, arm: str, name: str) -> np.ndarray:
    """A list of numbers of every run of an arm, after each other."""
    return np.concatenate([run.result["series"][name] for run in seen[arm]])


def stacked(seen: Runs, arm: str, name: str) -> np.ndarray:
    """The same, a row for each run."""
    return np.array([run.result["series"][name] for run in seen[arm]], dtype=float)


def variants(seen: Runs) -> Figure:
    """Every trial's validation loss, the test losses that count, and which differ from vanilla."""
    figure = Figure(figsize=(9, 4.6))
    axes = figure.subplots()
    vanilla = pooled(seen, "V", "tests")
    for column, name in enumerate(NAMES):
        trials, best = pooled(seen, name, "vals"), pooled(seen, name, "tests")
        spread = np.linspace(-0.22, 0.22, len(trials))[np.random.default_rng(0).permutation(len(trials))]
        axes.plot(column + spread, trials, ".", color=MUTED, ms=4, alpha=0.7)
        p = welch(best.mean(), (best**2).mean(), vanilla.mean(), (vanilla**2).mean())
        differs = name != "V" and p < LEVEL
        colour = INK if name == "V" else (RED if best.mean() > vanilla.mean() else GREEN) if differs else BLUE
        axes.plot(np.full(len(best), column), best, "o", color=colour, ms=6, alpha=0.75)
        axes.plot([column - 0.3, column + 0.3], [best.mean()] * 2, color=colour, lw=2)
        if differs:
            axes.text(column + 0.33, best.mean(), "*", color=colour, fontsize=15, va="center")
    axes.axhline(vanilla.mean(), color=INK, lw=0.8, ls=":")
    axes.set_xticks(range(len(NAMES)), [f"{code}\n{words.replace(' ', chr(10), 1)}" for code, words in NAMES.items()])
    axes.tick_params(axis="x", labelsize=8)
    axes.plot([], [], ".", color=MUTED, label="every trial of the random searches, validation")
    axes.plot([], [], "o", color=BLUE, label="the best two of each search, test")
    axes.plot([], [], "o", color=RED, label="* significantly different from vanilla")
    axes.legend(loc="upper left", fontsize=8.5)
    axes.grid(axis="x", visible=False)
    axes.set(ylabel="nats a character", title="One part away from an LSTM: what it costs on The Time Machine")
    return figure


def importance(seen: Runs) -> Figure:
    """Shares of the variance, and the expected loss by rate."""
    figure = Figure(figsize=(10.5, 4.0))
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    parts = {"rate": BLUE, "hidden": GREEN, "noise": AMBER, "momentum": RED, "interactions": MUTED}
    words = {"rate": "learning rate", "hidden": "cells", "noise": "input noise"}
    for row, name in enumerate(seen):
        start = 0.0
        for part, colour in parts.items():
            share = max(np.mean([run.result["metrics"][part] for run in seen[name]]), 0.0)
            left.barh(row, share, left=start, color=colour, height=0.6, label=None if row else words.get(part, part))
            if share > 4:
                left.text(start + share / 2, row, f"{share:.0f}", ha="center", va="center", color="white", fontsize=9)
            start += share
    left.set_yticks(range(len(seen)), list(seen))
    left.invert_yaxis()
    left.grid(axis="y", visible=False)
    left.set_axisbelow(True)
    left.legend(loc="upper center", bbox_to_anchor=(0.45, -0.15), ncols=5, fontsize=8.5, columnspacing=1.0)
    left.set(xlim=(0, 101), xlabel="variance of the test loss (%)", title="What decides how well a trial ends")
    for (name, options), colour in zip(SEARCHES.items(), (VIOLET, BLUE, RED), strict=True):
        low, high = options.get("low", 1e-5), options.get("high", 0.1)
        rates = low * (high / low) ** ((np.arange(16) + 0.5) / 16)
        right.plot(rates, stacked(seen, name, "curve").mean(0), color=colour, lw=1.8, label=name)
    right.set(xscale="log", xlabel="learning rate", ylabel="expected test loss (nats)", title="The loss by rate")
    right.legend(fontsize=8.5, loc="lower left")
    return figure


def tune_small(seen: Runs) -> Figure:
    """Loss by rate for both sizes."""
    figure = Figure(figsize=(7.5, 4.0))
    axes = figure.subplots()
    for name, colour in zip(seen, (BLUE, RED), strict=True):
        rates, losses = stacked(seen, name, "rates")[0], stacked(seen, name, "vals")
        for row in losses:
            axes.plot(rates, row, color=colour, lw=0.8, alpha=0.5)
            axes.plot(rates[row.argmin()], row.min(), "o", color=colour, ms=6)
        axes.plot(rates, losses.mean(0), color=colour, lw=2)
        axes.text(rates[0] * 0.93, losses[:, 0].mean(), name, color=colour, ha="right", va="center")
    axes.set(xscale="log", xlim=(4.5e-4, 0.12), xlabel="learning rate of Adam", ylabel="validation loss (nats)",
             title="Four times the cells, and the best rate moves little (dots: best of each seed)")  # fmt: skip
    return figure


def momentum(seen: Runs) -> Figure:
    """Loss by momentum, with the rate scaled and not."""
    figure = Figure(figsize=(7.5, 4.0))
    axes = figure.subplots()
    ticks = ("0", "0.5", "0.9", "0.99")
    for name, colour in zip(seen, (BLUE, RED), strict=True):
        table = np.concatenate([np.array(run.result["series"]["losses"]) for run in seen[name]], 1)
        for row in table.T:
            axes.plot(row, ".", color=colour, ms=5, alpha=0.5)
        axes.plot(table.mean(1), color=colour, lw=2)
        axes.text(3.08, table[3].mean(), name, color=colour, va="center")
    axes.set_xticks(range(4), ticks)
    axes.set(xlim=(-0.2, 4.2), xlabel="momentum", ylabel="validation loss (nats)",
             title="Momentum is a matter of the rate: scale it, and only the slowest is behind")  # fmt: skip
    return figure


def adding(seen: Runs) -> Figure:
    """The error of every run, and how it fell."""
    figure = Figure(figsize=(8.5, 4.0))
    axes = figure.subplots()
    for name, colour in zip(seen, (INK, BLUE, RED, GREEN, AMBER), strict=True):
        curves = 1000 * stacked(seen, name, "curve")
        places = 20 * (np.arange(curves.shape[1]) + 0.5)
        for curve in curves:
            axes.plot(places, curve, color=colour, lw=0.7, alpha=0.45)
        mean = np.exp(np.log(curves).mean(0))
        axes.plot(places, mean, color=colour, lw=1.8, label=f"{name}, {NAMES[name]}")
    axes.axhline(39, color=MUTED, lw=1, ls=":")
    axes.set(yscale="log", xlabel="steps of Adam", ylabel="squared error (thousandths)",
             title="Adding two numbers: another task, another part that matters")  # fmt: skip
    axes.legend(fontsize=8.5)
    return figure
