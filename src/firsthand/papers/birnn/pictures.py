"""Pictures of what a network says, and of the claims."""

from collections.abc import Mapping
from textwrap import wrap

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.birnn.claims import BOTH, FORWARD
from firsthand.papers.claim import Seen

Runs = Mapping[str, list[Seen]]
BLUE, RED, GREEN, AMBER, VIOLET = COLOURS[:5]


def stretch(targets: Float[Tensor, " time"], outputs: Float[Tensor, " time"]) -> Figure:
    """The first 100 steps."""
    figure = Figure(figsize=(8, 3.2))
    axes = figure.subplots()
    axes.plot(targets[:100].numpy(), color=INK, lw=1.2)
    axes.plot(outputs[:100].numpy(), color=BLUE, lw=1.6)
    axes.text(0.01, 0.97, "the average", color=INK, transform=axes.transAxes, va="top")
    axes.text(0.15, 0.97, "what the network says", color=BLUE, transform=axes.transAxes, va="top")
    axes.set(xlabel="step", ylabel="y", title="A weighted average of past and future, step by step")
    return figure


def by_class(
    targets: Int[Tensor, " steps"], outputs: Float[Tensor, "steps classes"], labels: tuple[str, ...]
) -> Figure:
    """The share of right answers of the 24 most frequent classes."""
    right = (outputs.argmax(1) == targets).numpy()
    counts = np.bincount(targets.numpy(), minlength=len(labels))
    shares = np.bincount(targets.numpy(), weights=right, minlength=len(labels)) / np.maximum(counts, 1)
    chosen = [i for i in np.argsort(-counts, kind="stable")[:24] if counts[i]]
    figure = Figure(figsize=(8, 1.4 + 0.22 * len(chosen)))
    axes = figure.subplots()
    axes.barh(range(len(chosen)), [100 * shares[i] for i in chosen], color=BLUE, height=0.7)
    for row, i in enumerate(chosen):
        axes.text(101, row, f"of {counts[i]:,}", va="center", fontsize=8, color=MUTED)
    axes.set_yticks(range(len(chosen)), [labels[i] for i in chosen])
    title = f"{100 * right.mean():.1f} % of {len(right):,} are right, by class"
    axes.set(xlim=(0, 112), xlabel="right (%)", title=title)
    axes.invert_yaxis()
    axes.set_axisbelow(True)
    axes.grid(axis="y", visible=False)
    return figure


# The claims


def table(seen: Runs, arm: str) -> tuple[list[int], np.ndarray]:
    """The delays of an arm, and the score of every net, a row for each delay."""
    series = [run.result["series"] for run in seen[arm]]
    return series[0]["shifts"], np.concatenate([np.array(one["scores"]) for one in series], 1)


def dots(axes: Axes, row: int, values: np.ndarray, colour: str) -> None:
    """Every net's score in a row, and a bar at the median."""
    lift = np.linspace(-0.16, 0.16, len(values))[np.random.default_rng(0).permutation(len(values))]
    axes.plot(values, row + lift, "o", color=colour, ms=4, alpha=0.6)
    axes.plot([np.median(values)] * 2, [row - 0.3, row + 0.3], color=colour, lw=2.2)


def structure(seen: Runs) -> Figure:
    """The error of every net, what it cannot fall below, and the paper's means."""
    figure = Figure(figsize=(8.5, 3.8))
    axes = figure.subplots()
    for row, (name, colour) in enumerate(zip(seen, (AMBER, RED, VIOLET, BLUE), strict=True)):
        dots(axes, row, 1e3 * table(seen, name)[1][0], colour)
    for row, number in enumerate((1.55, 2.53, 1.27, 0.45)):
        axes.plot(number, row, "D", color=INK, mfc="white", ms=6, mew=1.4, zorder=5)
    for row, floor in enumerate((1.286, 2.375)):
        axes.plot([floor] * 2, [row - 0.4, row + 0.4], color=INK, lw=0.9, ls=":")
    axes.text(1.286, -0.62, "all that is left to one side", fontsize=8, color=INK, ha="center")
    axes.plot([], [], "D", color=INK, mfc="white", mew=1.4, label="the paper's mean")
    axes.plot([], [], "o", color=MUTED, label="one net; bar: the median")
    axes.legend(loc="lower right", fontsize=8.5)
    axes.set_yticks(range(4), list(seen))
    axes.set(xlim=(0, 4.2), ylim=(3.6, -0.8), xlabel="squared error (thousandths)",
             title="Two directions trained together beat two nets merged")  # fmt: skip
    axes.grid(axis="y", visible=False)
    return figure


def delay(seen: Runs) -> Figure:
    """Error by delay."""
    figure = Figure(figsize=(8, 4.0))
    axes = figure.subplots()
    for name, colour in zip(seen, (AMBER, RED, VIOLET, BLUE), strict=True):
        shifts, scores = table(seen, name)
        if name == "BRNN":
            axes.axhline(1e3 * np.median(scores[0]), color=colour, lw=1.8, ls="--")
            axes.text(12.2, 1e3 * np.median(scores[0]) + 0.04, "BRNN, without delay", color=colour, va="bottom")
            continue
        medians = 1e3 * np.median(scores, 1)
        low, high = 1e3 * np.quantile(scores, (0.25, 0.75), axis=1)
        axes.fill_between(shifts, low, high, color=colour, alpha=0.12, lw=0)
        axes.plot(shifts, medians, "o-", color=colour, lw=1.8, ms=4)
        axes.text(shifts[-1] + 0.2, medians[-1], name, color=colour, va="center")
    axes.set(xlim=(-0.4, 15.8), ylim=(0, None), xlabel="steps that the answer is delayed",
             ylabel="squared error (thousandths), median", xticks=range(0, 13, 2),
             title="A delay buys a look at the other side, paid for with memory")  # fmt: skip
    return figure


def classes(seen: Runs) -> Figure:
    """The share right of every net."""
    figure = Figure(figsize=(8.5, 3.6))
    axes = figure.subplots()
    for row, (name, colour) in enumerate(zip(seen, (AMBER, RED, VIOLET, BLUE), strict=True)):
        dots(axes, row, 100 * table(seen, name)[1][0], colour)
    for row, number in enumerate((80, 72, 87.7, 91.1)):
        axes.plot(number, row, "D", color=INK, mfc="white", ms=6, mew=1.4, zorder=5)
    axes.axvline(58.7, color=MUTED, lw=1, ls=":")
    axes.text(59.0, 3.45, "always no", fontsize=8, color=INK)
    axes.plot([], [], "D", color=INK, mfc="white", mew=1.4, label="the paper's mean")
    axes.plot([], [], "o", color=MUTED, label="one net; bar: the median")
    axes.legend(loc="upper right", fontsize=8.5)
    axes.set_yticks(range(4), list(seen))
    axes.set(xlim=(56, 100), ylim=(3.6, -0.6), xlabel="right (%)", title="Above 0.5 or not: the same order")
    axes.grid(axis="y", visible=False)
    return figure


def tagging(seen: Runs) -> Figure:
    """The share right of every run, and for which tags the future helped."""
    figure = Figure(figsize=(11, 4.4))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    for row, (name, colour) in enumerate(zip(seen, (AMBER, RED, VIOLET, BLUE), strict=True)):
        values = [run.result["metrics"]["right"] for run in seen[name]]
        left.plot(values, [row] * len(values), "o", color=colour, ms=7, alpha=0.75)
        left.text(np.mean(values), row - 0.2, f"{np.mean(values):.1f}", color=INK, ha="center", fontsize=9)
    left.set_yticks(range(4), list(seen))
    left.set(ylim=(3.5, -0.6), xlabel="words tagged right (%)", title="Reading on helps")
    left.grid(axis="y", visible=False)
    hits = {name: sum(np.array(run.result["series"]["hits"]) for run in seen[name]) for name in (FORWARD, BOTH)}
    counts = sum(np.array(run.result["series"]["counts"]) for run in seen[BOTH])
    gains = hits[BOTH] - hits[FORWARD]
    chosen = np.argsort(-gains, kind="stable")[:9]
    right.barh(range(len(chosen)), 100 * gains[chosen] / counts[chosen], color=BLUE, height=0.65)
    tags = tag_names()
    for row, tag in enumerate(chosen):
        share = 100 * gains[tag] / counts[tag]
        ends = [f"{100 * hits[name][tag] / counts[tag]:.0f}" for name in (FORWARD, BOTH)]
        right.text(share + 0.2, row, f"{' to '.join(ends)} % of {counts[tag]:,}", va="center", fontsize=8)
    right.set_yticks(range(len(chosen)), [f"{tags[i]}" for i in chosen], fontsize=8.5)
    right.invert_yaxis()
    right.set_axisbelow(True)
    right.grid(axis="y", visible=False)
    most = max(1.0, *(100 * gains[chosen] / counts[chosen]))
    right.set(xlim=(0, 1.45 * most), xlabel="points gained on forward", title="Most where the next word tells")
    return figure


TAGS = {"NN": "NN, noun", "JJ": "JJ, adjective", "VB": "VB, verb", "IN": "IN, preposition", "NP": "NP, proper noun",
        "RB": "RB, adverb", "CS": "CS, conjunction", "AP": "AP, many, few, next", "CD": "CD, number",
        "TO": "TO, to before a verb", "PP": "PP, pronoun", "DT": "DT, this, that", "AB": "AB, all, half",
        "WP": "WP, who", "QL": "QL, very, too", "CC": "CC, and, or", "RP": "RP, up, out", "WD": "WD, which, what",
        "FW": "FW, foreign word", "HV": "HV, have", "DO": "DO, do", "BE": "BE, be", "AT": "AT, article",
        "EX": "EX, there is", "MD": "MD, can, will", "OD": "OD, first, second", "NR": "NR, home, Monday"}  # fmt: skip


def tag_names() -> list[str]:
    """What the coarse tags of the Brown corpus, by number, stand for."""
    from firsthand.data import load_brown

    codes = sorted({tag[:2] for document in load_brown() for sentence in document.sentences for _, tag in sentence})
    return [TAGS.get(code, code) for code in codes]


def language_model(seen: Runs) -> Figure:
    """The perplexity of every position of a window, and what the nets write."""
    figure = Figure(figsize=(10.5, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    for name, colour in zip(seen, (AMBER, BLUE), strict=True):
        losses = np.array([run.result["series"]["places"] for run in seen[name]])
        for row in losses:
            left.plot(range(1, 33), np.exp(row), color=colour, lw=1.0, alpha=0.7)
        left.text(16, np.exp(losses.mean(0)[15]) * 1.12, name, color=colour, ha="center", va="bottom")
    left.set(yscale="log", xlabel="position in a window of 32", ylabel="perplexity of the next character",
             title="It copies what it has seen, and fails where it has not")  # fmt: skip
    left.set_yticks((1, 2, 5, 10, 20), ("1", "2", "5", "10", "20"))
    left.minorticks_off()
    right.axis("off")
    right.set_title("What they write")
    height = 0.93
    for name, colour in zip(seen, (AMBER, BLUE), strict=True):
        text = "".join(map(chr, seen[name][0].result["series"]["written"]))[:200]
        right.text(0, height, name, color=colour, fontweight="bold", transform=right.transAxes, va="top")
        lines = "\n".join(wrap(text, 46))
        right.text(0, height - 0.08, lines, family="monospace", fontsize=9, transform=right.transAxes, va="top")
        height -= 0.5
    return figure
