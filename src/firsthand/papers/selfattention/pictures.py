"""The claims' figures, and where the heads of a trained network look."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch.nn import Module

from firsthand.data.tokens import TokenVocabulary
from firsthand.figures.images import COUNTS
from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.claim import Seen
from firsthand.papers.selfattention.experiments import GAPS, LENGTHS, PLACES, SIZES
from firsthand.train.task import Task

Runs = Mapping[str, list[Seen]]
SCORE = {"raw": COLOURS[1], "scaled": COLOURS[0], "additive": COLOURS[2]}
MODEL = {"self-attention": COLOURS[0], "RNN": COLOURS[1], "LSTM": COLOURS[2], "GRU": COLOURS[3]}
SHOWN = 20  # tokens of a map


def metric(runs: Sequence[Seen], name: str) -> list[float]:
    """A number of every seed; NaN where there is none."""
    return [np.nan if (value := run.result["metrics"][name]) is None else value for run in runs]


def series(runs: Sequence[Seen], name: str) -> list[np.ndarray]:
    """A list of numbers of every seed."""
    return [np.array(run.result["series"][name]) for run in runs]


def titled(figure: Figure, words: str) -> Figure:
    """The finding, above all panels."""
    figure.suptitle(words, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    return figure


def named(axes: Axes, x: float, y: float, words: str, colour: str, up: float = 0.0) -> None:
    """A curve's name beside its end, or `up` points above it."""
    axes.annotate(words, (x, y), xytext=(6, up), textcoords="offset points", color=colour, va="center", fontsize=9.5,
                  fontweight="bold", annotation_clip=False)  # fmt: skip


def powers(axes: Axes, places: Sequence[int]) -> None:
    """A logarithmic axis with these numbers on it."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(places, [f"{place:,}" for place in places])
    axes.minorticks_off()


def saturation(seen: Runs) -> Figure:
    """Entropy, and the softmax's slope, against d_k."""
    figure = Figure(figsize=(10, 3.9))
    left, right = figure.subplots(1, 2)
    for name, runs in seen.items():
        for axes, what in ((left, "entropy"), (right, "slope")):
            values = [mean(metric(runs, f"{what} {size}")) for size in SIZES]
            axes.plot(SIZES, values, "o-", color=SCORE[name], ms=4.5, lw=2)
            named(axes, SIZES[-1], values[-1], name, SCORE[name], {"additive": 4.0, "scaled": -4.0, "raw": 0.0}[name])
    left.axhline(np.log(32), color=MUTED, lw=1, ls="--")
    left.text(4, np.log(32) + 0.04, "all 32 keys alike, ln 32", color=MUTED, fontsize=8.5, va="bottom")
    left.set(ylim=(0, 3.8), ylabel="entropy of the weights (nats)", title="how many keys share the answer")
    right.set(ylim=(0, 0.0335), ylabel="mean a (1 - a)", title="what the softmax lets through of a gradient")
    for axes in (left, right):
        powers(axes, SIZES)
        axes.set_xlabel("d_k, numbers of a query")
        axes.set_xlim(3.4, 2600)
    return titled(figure, "Without the scale, long queries look at one key only, and little gradient comes through")


def recall(seen: Runs) -> Figure:
    """Steps to 95 % against d_k, and one row's weights at first and when it is learned, with and without the scale."""
    sizes = SIZES[:-1]
    figure = Figure(figsize=(11, 4.4))
    left, right = figure.subfigures(1, 2, width_ratios=(1.25, 1))
    axes = left.subplots()
    for shift, (score, runs) in zip((0.97, 1.0, 1.03), seen.items(), strict=True):
        found = [metric(runs, f"steps {size}") for size in sizes]
        axes.plot([size * shift for size in sizes], [np.mean(values) for values in found], color=SCORE[score], lw=2)
        for size, values in zip(sizes, found, strict=True):
            axes.plot([size * shift] * len(values), values, "o", color=SCORE[score], ms=4.5, alpha=0.6)
        named(axes, sizes[-1] * 1.03, float(np.nanmean(found[-1])), score, SCORE[score])
    powers(axes, sizes)
    axes.set(xlabel="d_k, numbers of a query", ylabel="steps until 95 % are right", xlim=(3.4, 520))
    axes.set_ylim(bottom=0)
    axes.set_title("how long one head takes to learn to look up")
    panels = right.subplots(2, 2)
    for row, score in zip(panels, ("raw", "scaled"), strict=True):
        run = seen[score][0].result["series"]
        for panel, when in zip(row, ("first", "last"), strict=True):
            panel.imshow(np.array(run[f"{when} map {sizes[-1]}"]).reshape(8, 8), cmap=COUNTS, vmin=0, vmax=1)
            bare(panel)
            panel.set_title(f"{score}, {'first step' if when == 'first' else 'learned'}", fontsize=9.5)
        row[0].set_ylabel("key asked for", fontsize=9)
    for panel in panels[1]:
        panel.set_xlabel("pair looked at", fontsize=9)
    right.suptitle(f"weights of one row, d_k = {sizes[-1]}", fontsize=10, x=0.02, ha="left", color=INK)
    return titled(figure, "Where the softmax begins saturated, it looks at one wrong key and must unlearn that first")


def bare(axes: Axes) -> None:
    """No ticks, no grid."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    axes.spines[:].set_visible(True)


def curves(axes: Axes, runs: Sequence[Seen], name: str, colour: str, every: int, scale: float = 100.0) -> None:
    """Every seed's curve; one that ended early ends with a dot."""
    for values in series(runs, name):
        x = every * np.arange(1, len(values) + 1)
        axes.plot(x, scale * values, color=colour, lw=1.5, alpha=0.75)
        axes.plot(x[-1], scale * values[-1], "o", color=colour, ms=4)


def order(seen: Runs) -> Figure:
    """The share of right answers while training."""
    figure = Figure(figsize=(8.6, 4.2))
    axes = figure.subplots()
    for colour, (name, runs) in zip((COLOURS[1], COLOURS[0], COLOURS[2], COLOURS[3]), seen.items(), strict=True):
        curves(axes, runs, "shares", colour, 25)
        axes.plot([], [], color=colour, lw=2, label=f"{name}: {100 * mean(metric(runs, 'accuracy')):.1f} % right")
    axes.axhline(50, color=MUTED, lw=1, ls="--", zorder=0)
    axes.set(xlabel="step", ylabel="right (%)", ylim=(40, 102), title="which of two symbols comes first among 16?")
    axes.legend(loc="center right")
    return titled(figure, "Without positions all orders look alike; a causal mask is a sense of order too")


def questions(seen: Runs, words: str, title: str) -> Figure:
    """The share of right answers while training, and where the heads of the first seed look."""
    figure = Figure(figsize=(11, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(1.3, 1))
    place, ticks = 0.0, []
    for colour, (name, runs) in zip((COLOURS[1], COLOURS[0], COLOURS[2]), seen.items(), strict=True):
        curves(left, runs, "shares", colour, 25)
        reached = metric(runs, "steps")
        told = "95 % not reached" if np.isnan(reached).any() else f"95 % at step {mean(reached):.0f}"
        left.plot([], [], color=colour, lw=2, label=f"{name}: {told}")
        first, second = (series(runs, f"at {which} key")[0] for which in ("first", "second"))
        for number, (one, other) in enumerate(zip(first, second, strict=True), 1):
            right.barh(place, one, color=colour, height=0.7)
            right.barh(place, other, left=one, color=colour, height=0.7, alpha=0.4)
            ticks.append((place, "the one head" if len(first) == 1 else f"head {number} of {name}"))
            place += 1
        place += 0.6
    right.set_yticks(*zip(*ticks, strict=True))
    right.invert_yaxis()
    right.set(xlim=(0, 1), xlabel="weight: dark on the first key, light on the second", title="where each head looks")
    right.grid(axis="y", visible=False)
    left.set(xlabel="step", ylabel="right (%)", ylim=(-2, 102), title=words)
    left.legend(loc="lower right" if left.dataLim.y1 > 50 else "upper right")
    return titled(figure, title)


def heads(seen: Runs) -> Figure:
    """Both digits in order."""
    return questions(seen, "both digits, in the order of the keys", "Two questions need two heads; one has to average")


def averaging(seen: Runs) -> Figure:
    """Their sum."""
    one, two = (metric(seen[name], "steps") for name in ("1 head", "2 heads"))
    enough = mean(one) <= 1.5 * mean(two)  # never, where a seed did not get there
    title = (
        "For a sum, one head's average is enough" if enough else "Even for a sum, one head does not do as well as two"
    )
    if np.isnan(two).any():
        title = "A sum modulo 10 is hard to learn, with one head or with two"
    return questions(seen, "the sum of both digits modulo 10", title)


def path(seen: Runs) -> Figure:
    """Right answers against the gap."""
    figure = Figure(figsize=(7.6, 4.2))
    axes = figure.subplots()
    for name, runs in seen.items():
        values = np.array([metric(runs, f"accuracy {gap}") for gap in GAPS]) * 100
        axes.plot(GAPS, values.mean(1), "--" if name == "LSTM" else "-", color=MODEL[name], lw=2)
        axes.plot(GAPS, values, "o", color=MODEL[name], ms=4.5, alpha=0.6)
        named(axes, GAPS[-1], values.mean(1)[-1], name, MODEL[name], {"RNN": 7.0, "LSTM": -7.0}.get(name, 0.0))
    axes.axhline(12.5, color=MUTED, lw=1, ls="--", zorder=0)
    axes.text(8, 13.5, "a guess", color=MUTED, fontsize=8.5, va="bottom")
    powers(axes, GAPS)
    axes.set(xlabel="symbols between the first one and the question", ylabel="right (%)", ylim=(0, 104),
             xlim=(7, 260))  # fmt: skip
    return titled(figure, "Self-attention learns from a distant token as from a near one")


def cost(seen: Runs) -> Figure:
    """Milliseconds against the length, on logarithmic axes."""
    colours = dict(zip(seen, (COLOURS[0], COLOURS[5], COLOURS[2]), strict=True))
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    for name, runs in seen.items():
        times = np.median(series(runs, "times"), 0)
        axes.plot(LENGTHS, times, "o-", color=colours[name], lw=2, ms=4.5)
        named(
            axes,
            LENGTHS[-1],
            times[-1],
            f"{name}\nends with n^{mean(metric(runs, 'end')):.1f}",
            colours[name],
            {"self-attention, fused": 12.0, "LSTM": -12.0}.get(name, 0.0),
        )
    powers(axes, LENGTHS)
    axes.set(yscale="log", xlabel="n, tokens of a sequence", ylabel="forwards and backwards (CPU ms)", xlim=(115, 9000))
    return titled(figure, "Attention's cost bends towards the square, an LSTM's is a line that starts higher")


def cache(seen: Runs) -> Figure:
    """Milliseconds for one more token against the tokens before it."""
    figure = Figure(figsize=(7.6, 4.2))
    axes = figure.subplots()
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        times = np.median(series(runs, "times"), 0)
        axes.plot(PLACES, times, "o-", color=colour, lw=2, ms=4.5)
        named(axes, PLACES[-1], times[-1], f"{name}: {times[-1]:.1f} ms", colour)
    axes.set_xticks(PLACES)
    axes.set(xlabel="tokens written so far", ylabel="CPU milliseconds for one more", xlim=(40, 680))
    axes.set_ylim(bottom=0)
    return titled(figure, "Keys and values that are kept make a token's price almost constant")


def characters(seen: Runs) -> Figure:
    """Training loss, and validation loss by the place in the window."""
    figure = Figure(figsize=(11, 4.2))
    left, right = figure.subplots(1, 2)
    for name, runs in seen.items():
        losses = np.mean(series(runs, "losses"), 0)
        left.plot(20 * np.arange(1, len(losses) + 1), losses, color=MODEL[name], lw=2,
                  label=f"{name}: {mean(metric(runs, 'pace')):.0f} ms a step")  # fmt: skip
        places = np.mean(series(runs, "by place"), 0)
        right.plot(np.arange(1, len(places) + 1), places, color=MODEL[name], lw=1.6,
                   label=f"{name}: {mean(metric(runs, 'val_loss')):.3f} in the mean")  # fmt: skip
    left.set(xlabel="step", ylabel="loss (nats a character)", title="training")
    right.set(xlabel="characters seen", ylabel="loss (nats a character)", title="validation, by place in the window")
    for axes in (left, right):
        axes.legend(loc="upper right")
    best = min(seen, key=lambda name: mean(metric(seen[name], "val_loss")))
    who = best if best == "self-attention" else f"the {best}"
    return titled(figure, f"As many parameters, steps and characters: {who} learns most in {20 * len(losses)} steps")


def heads_of(network: Module, task: Task) -> Figure:
    """The map of every head, a row for each block, while the network reads a validation example."""
    training, device = network.training, next(network.parameters()).device
    tokens = task.val.batch(torch.tensor([0]))[0][:, :SHOWN]
    network.eval()
    with torch.no_grad():
        maps = [weights[0].cpu().numpy() for weights in network.maps(tokens.to(device))]
    network.train(training)
    words = [label(task.vocabulary, token) for token in tokens[0].tolist()]
    rows, columns = len(maps), len(maps[0])
    figure = Figure(figsize=(2.5 * columns, 2.6 * rows + 0.4))
    panels = figure.subplots(rows, columns, squeeze=False)
    for block, row in enumerate(panels):
        for head, axes in enumerate(row):
            axes.imshow(maps[block][head], cmap=COUNTS, vmin=0)
            axes.grid(False)
            axes.tick_params(length=0, labelsize=7)
            axes.set_xticks(range(len(words)), words)
            axes.set_yticks(range(len(words)), words)
            axes.set_title(f"block {block + 1}, head {head + 1}", fontsize=9)
    return titled(figure, "Where each token (row) looks, up to itself (columns)")


def label(vocabulary: Any, token: int) -> str:
    """A token as it can be written beside an axis."""
    if token == 0:
        return "?" if isinstance(vocabulary, TokenVocabulary) else "."
    return {" ": "_", "\n": "\\n", "\t": "\\t", "$": r"\$"}.get(word := vocabulary.decode([token]), word)
