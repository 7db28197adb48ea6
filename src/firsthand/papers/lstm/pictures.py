"""Pictures of the claims."""

from collections.abc import Mapping
from math import exp

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.claim import Seen

Runs = Mapping[str, list[Seen]]
BLUE, RED, GREEN, AMBER, VIOLET = COLOURS[:5]


def curves(seen: Runs, arm: str, name: str = "curve") -> list[np.ndarray]:
    """A list of numbers, or of rows of numbers, of every run of an arm."""
    return [np.array(run.result["series"][name], dtype=float) for run in seen[arm]]


def label(axes: Axes, x: float, y: float, words: str, colour: str, **style) -> None:
    """Words beside a line, in its colour."""
    axes.text(x, y, words, color=colour, va="center", fontsize=9, **style)


def time_machine(seen: Runs) -> Figure:
    """Perplexity pass by pass, and where the book ended."""
    figure = Figure(figsize=(8.5, 4.2))
    axes = figure.subplots()
    lifts = {("val_loss", BLUE): 1.02, ("val_loss", RED): 1.02, ("loss", BLUE): 1.0, ("loss", RED): 0.97}
    for colour, (name, runs) in zip((BLUE, RED), seen.items(), strict=True):
        for kind, words, style in (
            ("val_loss", "validation", {"lw": 1.4}),
            ("loss", "training", {"lw": 0.8, "ls": "--"}),
        ):
            for run in runs:
                points = [(row["step"] / 10, exp(row[kind])) for row in run.rows if row.get(kind) is not None]
                axes.plot(*zip(*points, strict=True), color=colour, **style)
            label(axes, 51.0, points[-1][1] * lifts[kind, colour], f"{words}, {name}", colour)
    for colour, (train, val) in zip((BLUE, RED), ((5.76, 6.69), (6.94, 7.41)), strict=True):
        axes.plot([50, 50], [train, val], "D", color=colour, mfc="white", ms=6, mew=1.6, zorder=5)
    axes.plot([], [], "D", color=INK, mfc="white", mew=1.6, label="the book's last numbers")
    axes.set(yscale="log", xlim=(0, 70), ylim=(5, 21), xlabel="passes over the first 10,000 windows",
             ylabel="perplexity", title="The same network, twice: only its first weights differ")  # fmt: skip
    axes.set_yticks((5, 6, 7, 8, 10, 15, 20), ("5", "6", "7", "8", "10", "15", "20"))
    axes.minorticks_off()
    axes.legend(loc="upper right")
    return figure


def reach(seen: Runs) -> Figure:
    """The gradient by lag, on a logarithmic axis."""
    figure = Figure(figsize=(8.5, 4.2))
    axes = figure.subplots()
    for colour, name in zip((INK, BLUE, AMBER, RED, GREEN), seen, strict=True):
        rows = curves(seen, name, "shares")
        for row in rows:
            axes.plot(row, color=colour, lw=1.2)
        end = float(np.exp(np.mean([np.log(row[-1]) for row in rows])))
        lift = {"LSTM of 1997": 12.0, "LSTM, forget bias 5": 0.08}.get(name, 1.0)
        label(axes, 102.0, end * lift, name, colour)
    axes.set(yscale="log", xlim=(0, 127), ylim=(1e-30, 1e3), xlabel="how many steps ago the input came",
             ylabel="its share in the gradient", xticks=range(0, 101, 20),
             title="What a fresh network can learn from: only a cell that keeps hears of lag 100")  # fmt: skip
    return figure


def adding(seen: Runs) -> Figure:
    """Mean error against sequences, a line for every run."""
    figure = Figure(figsize=(9.5, 4.6))
    axes = figure.subplots()
    colours = dict(zip(seen, (INK, RED, AMBER, BLUE, VIOLET, GREEN, "#5aa9c9"), strict=True))
    for name, colour in colours.items():
        for number, row in enumerate(curves(seen, name)):
            # The two that learn nothing lie on each other.
            style = {"ls": ":", "lw": 2.2, "zorder": 3} if name == "tanh RNN" else {"lw": 1.2}
            axes.plot(row[:, 0] / 1000, row[:, 1], color=colour, label=None if number else name, **style)
            if len(row) and seen[name][number].result["metrics"]["solved"]:
                axes.plot(row[-1, 0] / 1000, row[-1, 1], "o", color=colour, ms=5)
    axes.axvline(74, color=MUTED, lw=1, ls=":")
    axes.text(75, 0.0042, "the paper's mean: 74,000 (T = 100)", color=INK, fontsize=8.5)
    axes.set(yscale="log", xlim=(0, 132), ylim=(0.0038, 0.3), xlabel="sequences (thousands)",
             ylabel="mean error of the answer",
             title="The first biases of the gates decide whether an LSTM can add")  # fmt: skip
    axes.set_yticks((0.005, 0.01, 0.02, 0.05, 0.1, 0.2), ("0.005", "0.01", "0.02", "0.05", "0.1", "0.2"))
    axes.minorticks_off()
    axes.legend(loc="center right", fontsize=8.5)
    return figure


def nets(seen: Runs, bound: float, paper: int, top: float, title: str) -> Axes:
    """The mean error of every network, up to `top`, and when each met the criterion."""
    axes = Figure(figsize=(9, 4.2)).subplots()
    (run,) = seen["as published"]
    rows = np.array(run.result["series"]["curve"])
    axes.plot(rows[:, 0] / 1000, rows[:, 1:], color=BLUE, lw=0.9, alpha=0.7)
    each = run.result["series"]["each"]
    axes.plot(np.array(each) / 1000, [bound] * len(each), "|", color=RED, ms=14, mew=1.6)
    axes.text(1, bound * 0.9, "the paper's bound", color=INK, fontsize=8.5, va="top")
    axes.axhline(bound, color=MUTED, lw=0.8, ls=":")
    axes.axvline(paper / 1000, color=MUTED, lw=1, ls=":")
    axes.text(paper / 1000 - 0.5, top * 0.85, f"the paper's mean: {paper:,}", color=INK, fontsize=8.5, ha="right")
    axes.set(yscale="log", ylim=(None, top), xlabel="sequences (thousands)", title=title,
             ylabel="mean error, last 2,000 sequences")  # fmt: skip
    ticks = [tick for tick in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if axes.get_ylim()[0] <= tick <= top]
    axes.set_yticks(ticks, list(map(str, ticks)))
    axes.minorticks_off()
    return axes


def temporal_order(seen: Runs) -> Figure:
    """Twenty networks; red marks where the criterion is met."""
    axes = nets(seen, 0.1, 31_390, 0.6, "Temporal order: a long silence, then a sudden insight")
    count = len(seen["as published"][0].result["series"]["each"])
    axes.text(1, 0.02, f"red: the criterion is met,\n{count} of 20 networks", color=RED, fontsize=9)
    return axes.figure


def adding_1997(seen: Runs) -> Figure:
    """Ten networks."""
    return nets(seen, 0.01, 74_000, 0.25, "Adding: a sudden insight, then the fine tuning is slow").figure


def grammar(seen: Runs, colours: Mapping[str, str], title: tuple[str, str]) -> Figure:
    """Far symbols and whole strings right against strings seen, one panel each."""
    figure = Figure(figsize=(11, 4.1))
    panels = figure.subplots(1, 2, sharey=True)
    for column, axes in enumerate(panels, 1):
        for name, colour in colours.items():
            for number, row in enumerate(curves(seen, name)):
                axes.plot(
                    row[:, 0] / 1000, 100 * row[:, column], "--" if "full" in name else "-", color=colour, lw=1.3,
                    label=None if number else name,
                )  # fmt: skip
        axes.set(xlabel="strings (thousands)", title=title[column - 1], ylim=(-3, 104))
    panels[0].set_ylabel("share that is right (%)")
    panels[0].axhline(50, color=MUTED, lw=0.8, ls=":")
    panels[0].legend(loc="lower right", fontsize=8.5)
    return figure


def reber_1997(seen: Runs) -> Figure:
    """The means over thirty networks, as published and simpler."""
    titles = ("As published, the far symbol stays a coin's toss", "Strings without any mistake: the paper has 100")
    return grammar(seen, dict(zip(seen, (RED, BLUE), strict=True)), titles)


def truncation(seen: Runs) -> Figure:
    """Both gradients of both networks."""
    titles = ("Far symbols: the full gradient (dashed) learns more", "and strings without any mistake: far more")
    return grammar(seen, dict(zip(seen, (RED, AMBER, BLUE, GREEN), strict=True)), titles)


def reber(seen: Runs) -> Figure:
    """Every run of the three layers, until it succeeds."""
    titles = (
        "With Adam a tanh network learns the far symbol too",
        "but only the LSTMs end without a mistake every time",
    )
    return grammar(seen, dict(zip(seen, (INK, BLUE, GREEN), strict=True)), titles)


def forget(seen: Runs) -> Figure:
    """The norm of the cells along the stream, and the far symbols that are right."""
    figure = Figure(figsize=(11, 4.1))
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    for row, (colour, name) in enumerate(zip((RED, BLUE), seen, strict=True)):
        for sizes in curves(seen, name, "sizes"):
            left.plot(20 * np.arange(1, len(sizes) + 1), sizes, color=colour, lw=1.1)
        label(left, 4080.0, float(np.mean([sizes[-1] for sizes in curves(seen, name, "sizes")])), name, colour)
        shares = [100 * run.result["metrics"]["far"] for run in seen[name]]
        right.plot(shares, [row] * len(shares), "o", color=colour, ms=7, alpha=0.7)
        right.text(np.mean(shares), row + 0.16, f"{np.mean(shares):.1f} %", color=INK, ha="center", fontsize=9)
    left.set(yscale="log", xlim=(0, 5300), xlabel="symbols of a stream that nobody cuts",
             ylabel="norm of the cells", xticks=range(0, 4001, 1000),
             title="Without forgetting the cells fill up")  # fmt: skip
    right.axvline(50, color=MUTED, lw=0.8, ls=":")
    right.text(50.5, 0.45, "a coin", color=INK, fontsize=8.5)
    right.set_yticks((0, 1), list(seen))
    right.set(xlim=(-4, 104), ylim=(1.6, -0.6), xlabel="far symbols right (%)", title="and can say nothing any more")
    return figure
