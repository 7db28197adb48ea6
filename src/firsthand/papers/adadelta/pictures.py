"""Pictures of what the claims measured."""

from collections.abc import Mapping
from math import sqrt
from statistics import mean
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from firsthand.figures import surfaces as contours
from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.adadelta.claims import FIGURE_1, RATES, RHOS, TABLE_1, TABLE_2, cell, delta
from firsthand.papers.claim import Seen

Runs = Mapping[str, list[Seen]]


def tables(seen: Runs) -> Figure:
    """Both tables as heat maps: our error large, the paper's under it."""
    figure = Figure(figsize=(9.6, 4.6))
    left, right = figure.subplots(1, 2, width_ratios=(3, 3))
    ours = {name: 100 * mean(run.result["metrics"]["test_error"] for run in runs) for name, runs in seen.items()}
    one = [[ours[cell(rule, rate)] for rule in TABLE_1] for rate in RATES]
    heat(left, one, list(zip(*TABLE_1.values(), strict=True)), list(TABLE_1), list(RATES), "learning rate")
    two = [[ours[delta(rho, eps)] for rho in RHOS] for eps in TABLE_2]
    heat(right, two, list(TABLE_2.values()), [f"{rho:g}" for rho in RHOS], list(TABLE_2), "eps")
    left.set_title("Table 1: rules with a learning rate")
    right.set_title("Table 2: Adadelta, rho across")
    figure.suptitle(
        "One wrong learning rate ruins the others; Adadelta hardly notices its constants\n"
        "Test error in % after six passes over MNIST: ours large, Zeiler's in brackets",
        x=0.01, ha="left", fontsize=11, color=INK,
    )  # fmt: skip
    return figure


def heat(axes: Axes, ours: Any, printed: Any, columns: list[str], rows: list[str], label: str) -> None:
    """One table, darker where the error is larger."""
    axes.imshow(ours, cmap="YlOrRd", norm=LogNorm(1.5, 90), aspect="auto")
    for r, c in np.ndindex(len(rows), len(columns)):
        ink = "white" if ours[r][c] > 25 else INK
        axes.text(c, r - 0.1, f"{ours[r][c]:.2f}", ha="center", va="center", fontsize=13, color=ink)
        axes.text(c, r + 0.24, f"({printed[r][c]:.2f})", ha="center", va="center", fontsize=8.5, color=ink)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylabel(label)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)


def curves(seen: Runs) -> Figure:
    """Figure 1: test error against passes, every seed thin, the mean thick, the paper's readings as diamonds."""
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    ends = []
    for colour, (rule, runs) in zip(COLOURS, seen.items(), strict=False):
        errors = np.array([run.result["series"]["error"] for run in runs])
        passes = range(1, errors.shape[1] + 1)
        axes.plot(passes, errors.T, color=colour, lw=0.7, alpha=0.4)
        axes.plot(passes, errors.mean(0), color=colour, lw=2, label=rule)
        axes.plot((1, 6, 10), FIGURE_1[rule], "D", color=colour, mfc="none", mew=1.5, ms=6)
        ends.append(errors.mean(0)[-1])
    axes.plot([], [], "D", color=INK, mfc="none", mew=1.5, ms=6, label="Zeiler's figure 1")
    axes.set(xlabel="passes over the 60,000 images", ylabel="test error (%)", yscale="log")
    ticks = (1.5, 2, 3, 4, 6, 8)
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_title("AdaGrad leads at once; after ten passes only plain SGD is behind")
    axes.legend()
    return figure


def rates(seen: Runs) -> Figure:
    """Figure 2: the rates of ten weights a layer over time; below, the share of free ones for two eps."""
    figure = Figure(figsize=(10, 6.2))
    panels = figure.subplots(2, 3, sharex=True, sharey="row")
    first = next(iter(seen.values()))[0].result["series"]
    for layer, (upper, lower) in enumerate(zip(*panels, strict=True), start=1):
        passes = np.array(first["step"]) / 600
        for line in first[f"layer {layer} rates"]:
            upper.plot(passes, line, color=COLOURS[layer - 1], lw=0.8, alpha=0.6)
        upper.plot(passes, first[f"layer {layer} median"], color=INK, lw=2)
        upper.set_title(f"layer {layer}: ten weights, median black")
        for colour, (arm, runs) in zip(COLOURS[3:], seen.items(), strict=False):
            shares = np.array([run.result["series"][f"layer {layer} free"] for run in runs])
            lower.plot(passes, 100 * shares.T, color=colour, lw=0.7, alpha=0.4)
            lower.plot(passes, 100 * shares.mean(0), color=colour, lw=2, label=arm)
        lower.set_xlabel("passes")
    panels[0, 0].set_ylabel("RMS[dx] / RMS[g]")
    panels[0, 0].set_ylim(0, 1.2)
    panels[1, 0].set_ylabel("weights with a rate above 0.5 (%)")
    panels[1, 0].set_ylim(-2, 103)
    panels[1, 2].legend()
    figure.suptitle(
        "Effective learning rates are larger in lower layers; how near they come to 1 is up to eps",
        x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK,
    )  # fmt: skip
    return figure


def edge(seen: Runs) -> Figure:
    """Amplitude against steps, both logarithmic, for every curvature, with the law where there is one."""
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    for colour, (arm, (run, *_)) in zip(COLOURS, seen.items(), strict=True):
        series, curvature = run.result["series"], float(arm.removeprefix("curvature "))
        sizes = [max(size, 1e-40) for size in series["size"]]
        axes.plot(series["step"], sizes, color=colour, lw=1.6, marker="o", ms=3, label=arm)
        if curvature > 2:
            law = [sqrt(1e-6 * step * (0.25 - curvature**-2)) for step in series["step"]]
            axes.plot(series["step"], law, color=colour, lw=1, ls=":")
    axes.plot([], [], color=MUTED, ls=":", label="sqrt(eps t (1/4 - 1/curvature²))")
    axes.set(xscale="log", yscale="log", ylim=(1e-12, 3), xlabel="steps", ylabel="largest |x| of the last ten steps")
    axes.set_title("Above a curvature of 2 Adadelta comes to rest, and then starts to jump")
    axes.legend(fontsize=8, loc="lower left")
    return figure


def surfaces(seen: Runs) -> Figure:
    """The walks on five surfaces."""
    figure = contours.race({arm: run.result["metrics"] | run.result["series"] for arm, (run, *_) in seen.items()})
    words = (
        "Steps until the value is below 1e-6,\non the saddle until |y| > 1.\n\nAdadelta without a learning rate (1), "
        "\nSGD at its fastest; at 0.01 on the saddle.\n\n○ start     ★ minimum (or the saddle's middle)"
    )
    figure.axes[-1].texts[0].set_text(words)
    return figure
