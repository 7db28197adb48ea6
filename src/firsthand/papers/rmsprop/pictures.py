"""Pictures of the claims."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from firsthand.figures import surfaces as contours
from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.claim import Seen
from firsthand.papers.rmsprop.claims import FLOORS, METHODS, RATIOS, UNITS

Runs = Mapping[str, list[Seen]]


def series(seen: Runs, arm: str, name: str) -> list:
    """A list of numbers of an arm's first run."""
    return seen[arm][0].result["series"][name]


def metrics(seen: Runs, arm: str, name: str) -> list[float]:
    """A number of every run of an arm."""
    return [run.result["metrics"][name] for run in seen[arm]]


def nine_to_one(seen: Runs) -> Figure:
    """Where the weight goes step by step, and how far it drifts a cycle."""
    figure = Figure(figsize=(11.5, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    colours = dict(zip(seen, (COLOURS[3], COLOURS[1], COLOURS[4], COLOURS[0], COLOURS[5], COLOURS[2]), strict=True))
    ends = {"RMSprop 0.9": -13.6, "RMSprop 0.99": -3.4, "RMSprop 0.999": -0.4, "SGD": 1.5}
    for name, colour in colours.items():
        left.plot(np.arange(201) / 10, series(seen, name, "places"), color=colour, lw=1.3)
        if name in ends:
            left.text(20.2, ends[name], name, color=colour, va="center", fontsize=9)
    left.text(2.4, -17, "sign descent", color=colours["sign descent"], fontsize=9)
    left.text(0.2, -19.6, "Rprop", color=colours["Rprop"], fontsize=9)
    left.set(ylim=(-20.5, 3), xlim=(0, 24.5), xlabel="cycles of ten gradients (from the 1000th on)",
             ylabel="where the weight is, in rates",
             title="+0.1 nine times, -0.9 once: the weight should stay")  # fmt: skip
    for row, (name, colour) in enumerate(colours.items()):
        drift = abs(metrics(seen, name, "drift")[0])
        told = "0" if drift < 1e-12 else f"{drift:,.0f}" if drift > 1 else f"{drift:.2g}"
        right.plot(max(drift, 1e-3), row, "<" if drift < 1e-3 else "o", color=colour, ms=8)
        right.text(max(drift, 1e-3) * 1.7, row, told, va="center", color=INK)
    right.set_yticks(range(len(seen)), list(seen))
    right.set(xscale="log", xlim=(7e-4, 2e6), ylim=(5.5, -0.5), xlabel="drift a cycle, in rates",
              title="A ten times longer window drifts ten times less")  # fmt: skip
    return figure


def scale_freedom(seen: Runs) -> Figure:
    """The loss against the rate, a panel for each rule, a line for each unit of the first layer."""
    figure = Figure(figsize=(12, 4.1))
    panels = figure.subplots(1, 3, sharey=True)
    titles = ("SGD must find its rate anew", "So must momentum", "RMSprop: free of the gradient's unit only")
    for axes, (name, title) in zip(panels, zip(METHODS.values(), titles, strict=True), strict=True):
        for colour, line, words in zip((INK, COLOURS[0], COLOURS[1]), ("-", "--", "-"), UNITS.values(), strict=True):
            runs = seen[f"{name}, {words}"]
            rates = series(seen, f"{name}, {words}", "rates")
            rows = [[x if x is not None else np.nan for x in run.result["series"]["losses"]] for run in runs]
            axes.plot(
                rates, np.clip(np.mean(rows, axis=0), 0, 2.6), line, color=colour, marker="o", ms=4, lw=1.4, label=words
            )
        axes.set(xscale="log", yscale="log", xlabel=f"rate of {name}", title=title, ylim=(0.04, 3.2))
        axes.axhline(np.log(10), color=MUTED, lw=0.8, ls=":")
    panels[0].set_yticks((0.05, 0.1, 0.2, 0.5, 1, 2), ("0.05", "0.1", "0.2", "0.5", "1", "2"))
    for axes in panels:
        axes.minorticks_off()
    panels[0].set_ylabel("training loss after 5 passes (nats)")
    panels[0].text(1.2e-5, 2.42, "a guess", color=MUTED, fontsize=8.5)
    panels[2].legend(title="first layer", loc="lower left")
    panels[2].axvline(1e-3, color=MUTED, lw=0.8, ls=":")
    return figure


def floor(seen: Runs) -> Figure:
    """How near the minimum each rate comes, and the zig-zag in which all of them end."""
    figure = Figure(figsize=(11, 4.1))
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    for colour, name in zip(COLOURS, seen, strict=False):
        steps = series(seen, name, "step")
        left.plot(steps, series(seen, name, "size"), color=colour, lw=1.4, label=name)
        if name in FLOORS:
            left.axhline(FLOORS[name] / 2, color=colour, lw=0.8, ls=":")
    left.plot(steps, [0.05 / np.sqrt(t) for t in steps], color=colour, lw=0.8, ls=":")
    left.set(xscale="log", yscale="log", xlabel="step", ylabel="larger of |x| now and a step ago",
             title="Each rate stops at half a rate (dotted)", xlim=(1, 3e4), ylim=(1e-5, 3))  # fmt: skip
    left.legend(loc="lower left")
    for colour, name in zip(COLOURS, FLOORS, strict=False):
        right.plot(range(1, 17), series(seen, name, "tail"), ".-", color=colour, lw=1, label=name)
    for height in (-0.5, 0.5):
        right.axhline(height, color=MUTED, lw=0.8, ls=":")
    right.set(
        xlabel="the last 16 steps", ylabel="x / rate", ylim=(-0.8, 0.8), title="All end in one zig-zag that never dies"
    )
    return figure


def centring(seen: Runs) -> Figure:
    """The step against signal over noise, and under a gradient without any noise."""
    figure = Figure(figsize=(11, 4.1))
    left, right = figure.subplots(1, 2)
    for colour, name in zip((INK, COLOURS[1], COLOURS[0]), seen, strict=True):
        steps = [np.mean(metrics(seen, name, f"step {r}")) for r in RATIOS]
        left.plot(RATIOS, steps, "o-", color=colour, lw=1.3, label=name)
        right.plot(range(1, 201), series(seen, name, "constant"), color=colour, lw=1.5)
    left.plot(RATIOS, RATIOS, color=MUTED, lw=0.9, ls=":")
    left.text(1.3e4, 6000, "= signal / noise", color=COLOURS[1], fontsize=8.5)
    left.set(xscale="log", yscale="log", xlabel="signal / noise of the gradient", ylabel="step, in rates",
             title="Centred, the surer a gradient the longer its step")  # fmt: skip
    left.legend(loc="upper left")
    right.set(yscale="log", xlabel="step", ylabel="step, in rates", title="A gradient without noise: only eps stops it")
    return figure


def eps_place(seen: Runs) -> Figure:
    """The step against the gradient, with eps outside and inside the root."""
    figure = Figure(figsize=(8.5, 4.1))
    axes = figure.subplots()
    for number, name in enumerate(seen):
        axes.plot(series(seen, name, "gradient"), series(seen, name, "step"), ("-", "-", "--", "--")[number],
                  color=(COLOURS[0], COLOURS[1])[number % 2], lw=1.8, label=name)  # fmt: skip
    axes.axhline(0.5, color=MUTED, lw=0.8, ls=":")
    axes.set(xscale="log", xlim=(1e-11, 10), xlabel="size of a steady gradient", ylabel="step, in rates",
             title="Below which size does a gradient stop to count? It depends on where eps stands")  # fmt: skip
    axes.legend(loc="upper left")
    return figure


def surfaces(seen: Runs) -> Figure:
    """The walks of every rule on every surface."""
    return contours.race({name: runs[0].result["metrics"] | runs[0].result["series"] for name, runs in seen.items()})
