"""Pictures of the claims."""

from collections.abc import Mapping
from math import exp, log

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firsthand.figures.style import COLOURS, INK, MUTED, apart
from firsthand.papers.claim import Seen
from firsthand.papers.rnn.claims import CELLS, COUNTS, LEARNED, RATES
from firsthand.papers.rnn.experiments import WORDS

Runs = Mapping[str, list[Seen]]
BLUE, RED, GREEN, AMBER, VIOLET = COLOURS[:5]
LETTERS = sorted(set("".join(WORDS)))
PERPLEXITIES = (3, 4, 5, 6, 7, 8, 10, 15, 20)


def metric(runs: list[Seen], name: str) -> np.ndarray:
    """A number of every seed; NaN where there is none."""
    return np.array([np.nan if (v := run.result["metrics"][name]) is None else v for run in runs])


def series(runs: list[Seen], name: str) -> np.ndarray:
    """The mean over the seeds of a list of numbers."""
    return np.array([run.result["series"][name] for run in runs], dtype=float).mean(0)


def label(axes: Axes, x: float, y: float, words: str, colour: str = INK, **style) -> None:
    """Words beside a line, in its colour."""
    axes.text(x, y, words, color=colour, **({"va": "center", "fontsize": 9} | style))


def perplexities(axes: Axes, low: float, high: float) -> None:
    """A logarithmic axis with plain numbers."""
    axes.set(yscale="log", ylim=(low, high), ylabel="perplexity on text not seen")
    ticks = [tick for tick in PERPLEXITIES if low <= tick <= high]
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()


def time_machine(seen: Runs) -> Figure:
    """Validation perplexity pass by pass, between the levels that counting reaches."""
    figure = Figure(figsize=(9, 4.4))
    axes = figure.subplots()
    for name in COUNTS:
        level = metric(seen[name], "val_perplexity").mean()
        axes.axhline(level, color=MUTED, lw=1, ls="--")
        label(axes, 126.0, level * 1.02, f"{name}: {level:.2f}", ha="right", va="bottom", fontsize=8.5)
    networks = [name for name in seen if name not in COUNTS]
    for colour, name, book, place in zip((BLUE, RED), networks, (7.19, 7.24), ((8, 7.7), (22, 10.7)), strict=True):
        for run in seen[name]:
            points = [(row["step"] / 10, exp(row["val_loss"])) for row in run.rows if row.get("val_loss") is not None]
            axes.plot(*zip(*points, strict=True), color=colour, lw=1.4)
        axes.plot(100, book, "D", color=colour, mfc="white", ms=6, mew=1.6, zorder=5)
        label(axes, *map(float, place), name, colour)
    axes.plot([], [], "D", color=INK, mfc="white", mew=1.6, label="the book's last number")
    perplexities(axes, 5.6, 21.0)
    axes.set(xlim=(0, 127), xticks=range(0, 101, 20), xlabel="passes over the first 10,000 windows",
             title="The network passes counts of letters and of pairs, and stops short of triples")  # fmt: skip
    axes.legend(loc="upper right", bbox_to_anchor=(0.78, 0.97))
    return figure


def depth_and_gates(seen: Runs) -> Figure:
    """Perplexity by how much of the text was read before, and that of counts, which look back so far and no farther."""
    figure = Figure(figsize=(9, 4.6))
    axes = figure.subplots()
    ends, colours = {}, dict(zip(CELLS, (INK, AMBER, BLUE, GREEN, VIOLET), strict=True))
    for name, colour in colours.items():
        places = series(seen[name], "by place")
        axes.plot(range(1, 33), places, color=colour, lw=1.8)
        ends[name] = places[-8:].mean()
    for name, y in zip(ends, np.exp(apart([log(end) for end in ends.values()], log(1.04))), strict=True):
        label(axes, 33.0, y, name, colours[name])
    for read, name in enumerate(list(COUNTS)[1:], start=1):
        level = metric(seen[name], "val_perplexity").mean()
        axes.plot(read, level, "s", color=RED, ms=7, zorder=5)
        label(axes, float(read), level * 0.982, name.split(", ")[1], RED, ha="center", va="top", fontsize=8.5)
    label(axes, 5.0, 9.5, "red: counts of pairs, triples and fours of letters", RED)
    perplexities(axes, 5.7, 12.0)
    axes.set(xlim=(0, 40.5), xticks=(1, *range(4, 33, 4)), xlabel="characters read before",
             title="Counts that see 3 letters do as well as networks that read 32; gates and depth help")  # fmt: skip
    return figure


def clipping(seen: Runs) -> Figure:
    """Where each limit ends at each rate, and one run that explodes."""
    figure = Figure(figsize=(11, 4.3))
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1))
    for shift, (name, colour) in zip((-0.16, 0.0, 0.16), zip(seen, (RED, BLUE, GREEN), strict=True), strict=True):
        for place, rate in enumerate(RATES):
            values = metric(seen[name], f"at {rate}")
            good = values[~np.isnan(values)]
            left.plot([place + shift] * len(good), good, "o", color=colour, ms=6, alpha=0.75)
            left.plot(
                place + shift + 0.04 * np.arange(np.isnan(values).sum()),
                [31.5] * int(np.isnan(values).sum()), "x", color=colour, ms=6, mew=1.8,
            )  # fmt: skip
        left.plot([], [], "o", color=colour, label=name)
    left.axhspan(28, 36, color=MUTED, alpha=0.18, lw=0)
    label(left, -0.3, 25.5, "crosses: no better than guessing, or no number", fontsize=8.5)
    left.set(yscale="log", xlim=(-0.4, 2.4), ylim=(6.8, 36), xlabel="rate of SGD",
             ylabel="validation perplexity after 30 passes", title="Clipping rescues rates of 3 and 4")  # fmt: skip
    left.set_xticks(range(len(RATES)), [str(rate) for rate in RATES])
    left.set_yticks((7, 8, 10, 15, 20, 28), ("7", "8", "10", "15", "20", "28"))
    left.minorticks_off()
    left.legend(loc="center left", bbox_to_anchor=(0.0, 0.6))
    for name, colour in zip(list(seen)[:2], (RED, BLUE), strict=True):
        right.plot(seen[name][0].result["series"]["norms at 3"], color=colour, lw=1.2, label=name)
    right.axhline(1, color=MUTED, lw=1, ls="--")
    right.set(yscale="log", xlabel="update", ylabel="norm of the gradient, before clipping",
              title="Rate 3: without a limit the gradient never calms down")  # fmt: skip
    right.legend(loc="upper left")
    return figure


def window(seen: Runs) -> Figure:
    """Bits right while learning, a line a window."""
    figure = Figure(figsize=(9, 4.4))
    axes = figure.subplots()
    colours = (MUTED, COLOURS[6], AMBER, VIOLET, GREEN, BLUE)
    ends = {}
    for (name, runs), colour in zip(seen.items(), colours, strict=True):
        for run in runs:
            curve = np.array(run.result["series"]["curve"])
            axes.plot(curve[:, 0] / 1000, curve[:, 1], color=colour, lw=1.3)
        ends[name] = float(np.mean([run.result["series"]["curve"][-1][1] for run in runs]))
    places, last = {}, 0.0
    for name in sorted(ends, key=ends.__getitem__):
        places[name] = last = max(ends[name], last + 0.032)
    over = max(places.values()) - 1.01
    for (name, y), colour in zip(((name, places[name]) for name in seen), colours, strict=True):
        label(axes, 12.2, y - max(over, 0) * (y > 0.8), name, colour)
    axes.axhline(0.5, color=MUTED, lw=0.8, ls=":")
    axes.set(xlim=(0, 14), ylim=(0.45, 1.03), xlabel="bits read of each stream (thousands)", ylabel="bits right",
             title="Repeating a bit after 10 steps: learned if a window holds both, and else not")  # fmt: skip
    return figure


def xor(seen: Runs) -> Figure:
    """The error over twelve bits, and how it falls at the third."""
    figure = Figure(figsize=(11, 4))
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    for (name, runs), colour in zip(seen.items(), (BLUE, MUTED), strict=True):
        twelve = series(runs, "twelve")
        left.plot(range(2, 14), twelve, "o-", color=colour, lw=1.6, ms=5)
        label(left, 13.3, twelve[-1] + (0.008 if name == LEARNED else -0.026), name, colour)
    for run in seen[LEARNED]:
        curve = run.result["series"]["curve"]
        right.plot(range(1, len(curve) + 1), curve, color=BLUE, lw=1.4)
    for place in range(3, 13, 3):
        left.axvline(place, color=MUTED, lw=0.8, ls=":")
    left.set(xticks=range(2, 14), xlim=(1.5, 16), ylim=(0, 0.3), ylabel="squared error",
             xlabel="bit of the stream; 3, 6, 9, 12 follow from the two before",
             title="Every third bit is better foreseen")  # fmt: skip
    right.set(ylim=(0, 0.3), xlabel="passes over 3,000 bits", ylabel="squared error, third bit",
              title="It takes the network a while to find out")  # fmt: skip
    for axes in (left, right):
        axes.axhline(0.25, color=MUTED, lw=0.8)
    label(right, 1.0, 0.268, "a coin: 0.25", fontsize=8.5)
    return figure


def words(seen: Runs) -> Figure:
    """The error letter by letter, as the paper draws it, and by place in the word."""
    figure = Figure(figsize=(11.5, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(2.4, 1))
    name, untrained = seen
    run = seen[name][0].result["series"]
    count = 44
    errors, places = run["errors"][:count], run["places"][:count]
    left.plot(range(count), errors, color=BLUE, lw=1.4)
    for x, (y, place, letter) in enumerate(zip(errors, places, run["letters seen"], strict=False)):
        first = place == 0
        left.plot(x, y, "o", color=RED if first else BLUE, ms=5 if first else 3)
        label(left, float(x), y + 0.045, LETTERS[letter], RED if first else INK, ha="center", va="bottom",
              fontweight="bold" if first else "normal",
              bbox={"fc": "white", "ec": "none", "pad": 0.4, "alpha": 0.75})  # fmt: skip
    left.set(xlabel="letter of the text", ylabel="error of the expected letter", ylim=(0, max(errors) * 1.15),
             title="The error rises where a word begins (red)")  # fmt: skip
    for runs, colour, words in ((seen[untrained], MUTED, "untrained"), (seen[name], BLUE, "after ten passes")):
        means = series(runs, "by place")
        right.plot(range(1, 8), means, "o-", color=colour, lw=1.6)
        label(right, 6.9, means[-1] - 0.1, words, colour, ha="right", va="top")
    right.set(xlabel="place of the letter in its word", ylim=(0, None), title="and falls as it goes on")
    return figure
