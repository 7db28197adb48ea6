"""The figures of the claims, and of a finished run on sounds: one finding each."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.claim import Seen

Runs = Mapping[str, list[Seen]]


def values(runs: Runs, arm: str, name: str) -> list[float]:
    """A metric of every seed."""
    return [seen.result["metrics"][name] for seen in runs[arm]]


def mean(runs: Runs, arm: str, name: str) -> float:
    """Its mean."""
    found = values(runs, arm, name)
    return sum(found) / len(found)


def series(runs: Runs, arm: str, name: str) -> list[float]:
    """A list that the arm's first run left."""
    return runs[arm][0].result["series"][name]


def title(figure: Figure, words: str) -> None:
    """The finding, above all panels."""
    figure.suptitle(words, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)


def label(axes: Axes, x: float, y: float, words: str, colour: str, **style) -> None:
    """Words beside a point."""
    style = {"xytext": (6, 0), "va": "center", "fontsize": 9} | style
    axes.annotate(words, (x, y), textcoords="offset points", color=colour, **style)


def receptive_field(runs: Runs) -> Figure:
    """Samples seen against the number of layers."""
    figure = Figure(figsize=(8, 4.2))
    axes = figure.subplots()
    for arm, colour, words in (
        ("five blocks of 10", COLOURS[0], "dilations 1, 2, ..., 512, five times"),
        ("10 layers, no dilation", COLOURS[1], "no dilation"),
    ):
        reaches = series(runs, arm, "reaches")
        axes.plot(range(len(reaches)), reaches, "o-", color=colour, ms=3, lw=1.8)
        place = {"xytext": (-4, 10), "ha": "right"} if arm.startswith("five") else {}
        label(axes, len(reaches) - 1, reaches[-1], words, colour, **place)
    axes.plot([10], [1024], "D", color=INK, mfc="none", ms=9, label="the paper's 1,024")
    axes.axhline(3840, color=MUTED, ls="--", lw=1)
    axes.text(0.2, 4200, "240 ms at 16 kHz", color=MUTED, fontsize=9)
    axes.set(xlabel="layers", ylabel="samples that a prediction sees", yscale="log", ylim=(0.8, 12_000))
    axes.set_yticks((1, 10, 100, 1000, 10_000), ("1", "10", "100", "1,000", "10,000"))
    axes.set_title("Dilation doubles the receptive field with every layer of a block")
    axes.legend(loc="lower right")
    return figure


def tree(runs: Runs) -> Figure:
    """Fusions, and time, of the tree over the stack."""
    figure = Figure(figsize=(9, 3.4))
    left, right = figure.subplots(1, 2)
    names = list(runs)
    for axes, heights, words in (
        (left, [mean(runs, arm, "tree") / mean(runs, arm, "stack") for arm in names], "fusions: tree / convolutions"),
        (right, [mean(runs, arm, "faster") for arm in names], "processor time: tree / convolutions"),
    ):
        axes.bar(names, heights, color=COLOURS[0], width=0.55)
        for place, height in enumerate(heights):
            axes.text(place, height, f"{height:.2f}", ha="center", va="bottom", color=INK)
        axes.axhline(1, color=INK, lw=0.8)
        axes.set_axisbelow(True)
        axes.set(ylabel=words, ylim=(0, max(2.6, 1.15 * max(heights))))
        axes.grid(axis="x", visible=False)
    title(figure, "The same tree as dilated convolutions makes every fusion once, not up to seven times")
    return figure


def generation(runs: Runs) -> Figure:
    """Seconds against samples written."""
    figure = Figure(figsize=(8, 4.2))
    axes = figure.subplots()
    for arm, colour in zip(runs, COLOURS, strict=False):
        samples, times = series(runs, arm, "samples"), series(runs, arm, "times")
        axes.plot(samples, times, color=colour, lw=2)
        label(axes, samples[-1], times[-1], f"{arm}: {mean(runs, arm, 'last'):,.0f} a second", colour)
    axes.axvline(1024, color=MUTED, ls="--", lw=1)
    axes.text(1024, axes.get_ylim()[1] * 0.97, " receptive field", color=MUTED, fontsize=9, va="top")
    axes.set(xlabel="samples written", ylabel="processor seconds", xlim=(0, 1.45 * samples[-1]))
    axes.set_xticks([tick for tick in axes.get_xticks() if tick <= samples[-1]])
    axes.set_title("With a queue in every layer a sample costs the same, however long the sound")
    return figure


def quantisation(runs: Runs) -> Figure:
    """Signal to noise against loudness."""
    figure = Figure(figsize=(8, 4.2))
    axes = figure.subplots()
    for arm, colour, place in zip(runs, COLOURS, (-44, -38), strict=False):
        loudness, ratios = series(runs, arm, "loudness"), series(runs, arm, "ratios")
        axes.plot(loudness, ratios, color=colour, lw=2)
        at = loudness.index(place)
        label(axes, place, ratios[at], arm, colour, xytext=(0, 14), ha="center")
    axes.set(xlabel="peak of a tone (decibels below full scale)", ylabel="tone over its error (decibels)")
    axes.invert_xaxis()
    axes.set_ylim(0, 55)
    axes.set_title("256 levels: the mu-law keeps quiet sounds clean, and pays where they are loud")
    return figure


def reach(runs: Runs, reaches: Mapping[str, int], lagging: str) -> Figure:
    """Validation loss against the receptive field."""
    figure = Figure(figsize=(8, 4.2))
    axes = figure.subplots()
    for arm, seen in reaches.items():
        axes.plot([seen] * len(runs[arm]), values(runs, arm, "val_loss"), "o", color=COLOURS[0], alpha=0.4, ms=5)
    axes.plot(list(reaches.values()), [mean(runs, arm, "val_loss") for arm in reaches], color=COLOURS[0], lw=1.8)
    last = list(reaches)[-1]
    label(axes, reaches[last], mean(runs, last, "val_loss"), f"dilated, {last}", COLOURS[0], xytext=(0, 12), ha="right")
    own = 7
    axes.plot([own] * len(runs[lagging]), values(runs, lagging, "val_loss"), "s", color=COLOURS[1], ms=6)
    label(axes, own, mean(runs, lagging, "val_loss"), lagging, COLOURS[1])
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(reaches.values()), [str(seen) for seen in reaches.values()])
    axes.set(xlabel="characters that a prediction sees", ylabel="validation loss (nats a character)")
    axes.set_title("Reach helps up to about 8 characters; six layers without dilation learn faster")
    return figure


def ranked(runs: Runs, words: str, unit: str = "nats a character") -> Figure:
    """Validation loss of every arm, best above."""
    figure = Figure(figsize=(8, 1.3 + 0.45 * len(runs)))
    axes = figure.subplots()
    order = sorted(runs, key=lambda arm: mean(runs, arm, "val_loss"))
    for row, arm in enumerate(order):
        found, middle = values(runs, arm, "val_loss"), mean(runs, arm, "val_loss")
        axes.plot(found, [row] * len(found), "o", color=COLOURS[0], alpha=0.45, ms=6)
        axes.plot([middle], [row], "|", color=COLOURS[0], ms=20, mew=2)
        label(axes, max(found), row, f"{middle:.3f}", INK, xytext=(10, 0))
    axes.set_yticks(range(len(order)), order)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.margins(x=0.15)
    axes.set(xlabel=f"validation loss ({unit})")
    axes.set_title(words)
    return figure


def stages(runs: Runs, printed: Mapping[str, float]) -> Figure:
    """Validation loss of makemore's networks, the notebook's beside ours."""
    figure = Figure(figsize=(8, 3.2))
    axes = figure.subplots()
    for row, (arm, theirs) in enumerate(printed.items()):
        ours, first = mean(runs, arm, "val_loss"), row == 0
        axes.plot([theirs, ours], [row, row], color=MUTED, lw=1, zorder=1)
        axes.plot([ours], [row], "o", color=COLOURS[0], ms=7, label="ours" if first else None)
        axes.plot([theirs], [row], "D", color=COLOURS[1], mfc="none", mew=1.6, ms=6, label="printed" if first else None)
        label(axes, max(ours, theirs), row, f"{ours:.3f}, printed {theirs:.3f}", INK, xytext=(9, 0))
    params = (runs[arm][0].result["params"] for arm in printed)
    axes.set_yticks(
        range(len(printed)), [f"{arm} ({count:,} weights)" for arm, count in zip(printed, params, strict=True)]
    )
    axes.set_ylim(len(printed) - 0.4, -0.6)
    axes.set(xlabel="validation loss (nats a character)", xlim=(1.96, 2.16))
    axes.set_title("makemore's names: context and size help, the tree by itself does not")
    axes.legend(loc="lower right")
    return figure


def going_on(sounds: Sequence[np.ndarray], given: int, rate: int) -> Figure:
    """A held-out sound, and how the network goes on from its beginning, drawn twice."""
    figure = Figure(figsize=(9, 1.7 * len(sounds)))
    names = ["the sound itself", *(f"the network, draw {number}" for number in range(1, len(sounds)))]
    top = 1.1 * max(np.abs(sound).max() for sound in sounds) + 1e-3
    for number, (axes, sound) in enumerate(zip(figure.subplots(len(sounds), 1, sharex=True), sounds, strict=True)):
        t = 1000 * np.arange(len(sound)) / rate
        axes.plot(t[:given], sound[:given], color=MUTED, lw=1)
        axes.plot(t[given - 1 :], sound[given - 1 :], color=COLOURS[number > 0], lw=1)
        axes.axvline(1000 * given / rate, color=INK, lw=0.8, ls="--")
        axes.set(ylim=(-top, top), title=names[number])
    axes.set_xlabel("milliseconds; grey: what the network has heard")
    return figure
