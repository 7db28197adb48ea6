"""Pictures of the claims, and of what the classifier has learned."""

from collections.abc import Mapping
from itertools import pairwise
from statistics import mean

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures import surfaces as contours
from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.adagrad.claims import DIMENSION, EPSILONS, RATES, arm
from firsthand.papers.claim import Seen

Runs = Mapping[str, list[Seen]]


def separation(seen: Runs) -> Figure:
    """The loss of the rare features, summed up, round by round."""
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    for colour, epsilon in zip(COLOURS[1:], EPSILONS, strict=False):
        runs = [run.result["series"] for run in seen[arm("OGD", epsilon)]]
        sums = np.mean([run["sum"] for run in runs], 0)
        axes.plot(runs[0]["round"], sums, color=colour, lw=2)
        axes.axhline(DIMENSION / (2 * epsilon), color=colour, lw=1, ls=":")
        told = f"gradient descent, epsilon {epsilon:g}: {sums[-1]:,.0f}"
        axes.text(2.3e5, sums[-1], told, color=colour, va="center", fontsize=9)
    runs = [run.result["series"] for run in seen[arm("AdaGrad", EPSILONS[0])]]
    axes.plot(runs[0]["round"], np.mean([run["sum"] for run in runs], 0), color=COLOURS[0], lw=2.5)
    axes.text(2.3e5, 99, "AdaGrad, every epsilon: 99", color=COLOURS[0], va="center", fontsize=9)
    axes.set(xscale="log", yscale="log", xlim=(1, 1e8), xlabel="rounds with a rare feature", ylabel="hinge loss so far")
    axes.text(
        1.3, DIMENSION / (2 * EPSILONS[-1]) * 1.06, "dotted: the paper's lower bounds d / (2 epsilon)", fontsize=8
    )
    axes.set_xticks([10**n for n in range(6)])
    axes.minorticks_off()
    axes.set_title("AdaGrad pays once for each of 99 rare features, gradient descent again and again")
    return figure


def sparse_text(seen: Runs) -> Figure:
    """Test error against eta, mistakes along the pass, and what the rare features are worth."""
    figure = Figure(figsize=(12, 4))
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.2, 1.2, 0.9))
    for row, (colour, rate) in enumerate(zip(COLOURS, RATES, strict=False)):
        runs = [run.result for run in seen[rate]]
        errors = np.array([run["series"]["errors"] for run in runs])
        etas = runs[0]["series"]["etas"]
        left.plot(etas, errors.mean(0), "o-", color=colour, ms=4, label=rate)
        running = np.array([run["series"]["running"] for run in runs])
        middle.plot(runs[0]["series"]["seen"], running.mean(0), color=colour, lw=2, label=rate)
        full = mean(run["metrics"]["error"] for run in runs)
        without = mean(run["metrics"]["without rare"] for run in runs)
        right.plot([full, without], [row, row], color=colour, lw=3, alpha=0.4)
        right.plot([full], [row], "o", color=colour, ms=8)
        right.plot([without], [row], "o", color=colour, ms=8, mfc="white", mew=2)
        right.text(full, row - 0.14, f"{full:.2f}", ha="center", va="bottom", color=colour)
        right.text(without, row + 0.14, f"{without:.2f}", ha="center", va="top", color=colour)
    left.set(xscale="log", xlabel="eta", ylabel="test error (%)", title="Test error at every eta")
    left.set_ylim(11, 35)
    left.legend()
    middle.set(xlabel="sentences seen", ylabel="mistakes so far (%)", title="On the way, each at its best eta")
    middle.set_ylim(13, 30)
    middle.set_xticks(range(0, 40_001, 10_000), [f"{n:,}" for n in range(0, 40_001, 10_000)])
    right.set(xlabel="test error (%)", ylim=(2.5, -0.6), title="All features ●, without rare ones ○")
    right.set_yticks(range(len(RATES)), RATES)
    right.margins(x=0.2)
    figure.suptitle(
        "In one pass over sparse text AdaGrad is best, and it gains most from rare features",
        x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK,
    )  # fmt: skip
    return figure


def regret(seen: Runs) -> Figure:
    """Regret and its bound, round by round, both logarithmic."""
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        series = [run.result["series"] for run in runs]
        rounds = series[0]["round"]
        regrets = np.mean([run["regrets"] for run in series], 0)
        axes.plot(rounds, np.where(regrets > 0, regrets, np.nan), color=colour, lw=2, label=f"{name}: regret")
        axes.plot(
            rounds, np.mean([run["bounds"] for run in series], 0), color=colour, lw=1.2, ls="--", label="its bound"
        )
    axes.set(xscale="log", yscale="log", xlabel="digits seen", ylabel="nats, summed up")
    axes.set_title("Regret keeps under its bound; the steps that the bound asks for are far too long")
    axes.legend(fontsize=8)
    return figure


def surfaces(seen: Runs) -> Figure:
    """The walks on five surfaces."""
    return contours.race({name: run.result["metrics"] | run.result["series"] for name, (run, *_) in seen.items()})


def words(weight: Float[Tensor, " features"], features: list[str], most: int = 20) -> Figure:
    """The features with the largest weights on either side."""
    figure = Figure(figsize=(9, 5))
    order = weight.argsort(stable=True)
    chosen = (("informative", order[:most], COLOURS[0]), ("imaginative", order.flip(0)[:most], COLOURS[1]))
    for axes, (title, indices, colour) in zip(figure.subplots(1, 2), chosen, strict=True):
        axes.barh(range(len(indices)), weight[indices].abs().tolist(), color=colour)
        axes.set_yticks(range(len(indices)), [features[i] for i in indices.tolist()])
        axes.invert_yaxis()
        axes.grid(False, axis="y")
        axes.set_axisbelow(True)
        axes.set(title=f"speaks for {title} prose", xlabel="size of the weight")
    return figure


def rarity(weight: Float[Tensor, " features"], counts: Int[Tensor, " features"]) -> Figure:
    """How large weights are, by how many training sentences have the feature."""
    figure = Figure(figsize=(7, 3.8))
    axes = figure.subplots()
    edges = [1, 2, 3, 5, 10, 20, 50, 100, 300, 1000, 3000, int(counts.max()) + 1]
    middles, lines = [], {0.5: [], 0.9: [], 0.99: []}
    for low, high in pairwise(edges):
        sizes = weight[(counts >= low) & (counts < high)].abs().double()
        if len(sizes):
            middles.append((low * (high - 1)) ** 0.5)
            for share, line in lines.items():
                line.append(sizes.quantile(share).item())
    for colour, (share, line) in zip((INK, COLOURS[0], MUTED), lines.items(), strict=True):
        axes.plot(middles, line, "o-", color=colour, ms=4, label="half" if share == 0.5 else f"{100 * share:g} %")
    axes.set(xscale="log", xlabel="training sentences with the feature", ylabel="size of the weight is below this for")
    axes.set_title("A feature of ten sentences weighs almost as much as one of ten thousand")
    axes.legend()
    return figure
