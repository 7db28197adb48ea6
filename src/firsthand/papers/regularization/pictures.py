"""The claims' figures, each with its finding as the title."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from firsthand.figures.images import COUNTS
from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.claim import Seen
from firsthand.papers.regularization import criteria
from firsthand.papers.regularization.experiments import DECAYS, EFFECTS, GAINS, RATES
from firsthand.papers.regularization.scarce import effect

Runs = Mapping[str, list[Seen]]
SURE = 2.8  # standard errors beyond which a mean of five differs from 0 with 95 % confidence (Student's t)


def numbers(runs: Sequence[Seen], name: str) -> list[Any]:
    """A metric or a series of every seed."""
    return [(run.result["metrics"] | run.result["series"])[name] for run in runs]


def average(runs: Sequence[Seen], name: str) -> list[float]:
    """The mean over the seeds of a series, place by place."""
    return [mean(column) for column in zip(*numbers(runs, name), strict=True)]


def error(values: Sequence[float]) -> float:
    """Standard error of a mean; 0 for one value."""
    return stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0


def told(values: Sequence[float], digits: int = 1) -> str:
    """Mean and standard error in words."""
    return f"{round(mean(values), digits) + 0.0:.{digits}f} ± {error(values):.{digits}f}"  # + 0.0: no "-0.0"


def titled(figure: Figure, words: str) -> Figure:
    """The finding, above all panels."""
    figure.suptitle(words, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    return figure


def depth(seen: Runs) -> Figure:
    """Signals and gradients layer by layer on a logarithmic axis, measured dots on the line of theory."""
    figure = Figure(figsize=(10, 6.4))
    for row, activation in zip(figure.subplots(2, 2), ("relu", "tanh"), strict=True):
        for axes, kind in zip(row, ("signal", "gradient"), strict=True):
            for colour, runs in zip(COLOURS, seen.values(), strict=False):
                ours, theory = (average(runs, f"{activation} {kind}s{more}") for more in ("", " expected"))
                layers = range(1, len(ours) + 1)
                axes.plot(layers, theory, color=colour, lw=1.3)
                axes.plot(layers, ours, "o", color=colour, ms=3.5, alpha=0.7)
                place, shift = (len(ours), 5) if kind == "signal" else (1, 5)
                end = theory[place - 1]
                axes.annotate(f"{end:.0e}" if end < 0.01 else f"{end:.2g}", (place, end), color=colour, fontsize=8.5,
                              xytext=(shift if kind == "signal" else -shift, 0), textcoords="offset points",
                              va="center", ha="left" if kind == "signal" else "right")  # fmt: skip
            axes.set(yscale="log", xlim=(-6 if kind == "gradient" else 0, 57 if kind == "signal" else 51))
            what = "activations z, going up" if kind == "signal" else "gradients dC/ds, coming down"
            axes.set_title(f"{'ReLU' if activation == 'relu' else 'tanh'}: {what}")
            axes.set(xlabel="layer", ylabel="root mean square")
    for colour, name in zip(COLOURS, seen, strict=False):
        figure.axes[0].plot([], [], "o-", color=colour, ms=4, label=f"Var[W] = {name}")
    figure.axes[0].legend(loc="lower left", fontsize=9)
    count = len(next(iter(seen.values())))
    return titled(figure, f"Depth is a power: a wrong first factor ends at 1e-20 (lines: theory; dots: {count} seeds)")


def curves(axes: Axes, runs: Sequence[Seen], x: str, y: str, colour: str, label: str) -> None:
    """Every seed thinly, their mean boldly."""
    steps = numbers(runs, x)[0]
    for values in numbers(runs, y):
        axes.plot(steps, values, color=colour, lw=0.7, alpha=0.35)
    axes.plot(steps, average(runs, y), color=colour, lw=2, label=label)


def thirty_layers(seen: Runs) -> Figure:
    """Training loss of both first weights."""
    figure = Figure(figsize=(7.4, 4))
    axes = figure.subplots()
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        words = f"{name}: test error {told(numbers(runs, 'test_error'))} %"
        curves(axes, runs, "steps", "losses", colour, words)
    axes.axhline(2.3026, color=MUTED, lw=1, ls="--")
    axes.text(10, 2.32, "a guess, ln 10", color=MUTED, fontsize=8.5, va="bottom")
    axes.set(xlabel="step", ylabel="training loss (nats)", ylim=(0, 2.6))
    axes.legend(loc="lower left")
    return titled(figure, "30 rectifier layers: He's first weights learn, Xavier's begin late, if at all")


def tanh_layers(seen: Runs) -> Figure:
    """Activations and gradients of the five layers at first, and the loss after training."""
    figure = Figure(figsize=(11, 3.9))
    left, middle, right = figure.subplots(1, 3, width_ratios=(3, 3, 2))
    for place, (colour, (name, runs)) in enumerate(zip(COLOURS, seen.items(), strict=False)):
        ratio, singular = told(numbers(runs, "ratio"), 2), told(numbers(runs, "singular"), 2)
        layers = range(1, 6)
        left.plot(
            layers, average(runs, "activations"), "o-", color=colour, label=f"{name}: mean sing. value {singular}"
        )
        middle.plot(layers, average(runs, "gradients"), "o-", color=colour, label=f"{name}: layer 1 / 5 = {ratio}")
        losses = numbers(runs, "train_loss")
        right.errorbar([place], [mean(losses)], [error(losses)], fmt="o", color=colour, capsize=4, ms=7)
        right.annotate(told(losses, 3), (place, mean(losses)), xytext=(0, 10), textcoords="offset points",
                       ha="center", color=colour, fontsize=8.5)  # fmt: skip
    left.set(xlabel="hidden layer", ylabel="standard deviation", title="activations at first", ylim=(0, 0.98))
    middle.set(xlabel="hidden layer", ylabel="standard deviation", title="gradients at first", yscale="log")
    middle.set_ylim(top=middle.get_ylim()[1] * 2.2)
    right.set(title="training loss, step 1,000", ylabel="nats", xlim=(-0.7, 1.7))
    right.set_ylim(0, right.get_ylim()[1] * 1.15)
    right.set_xticks(range(len(seen)), list(seen))
    for axes in (left, middle):
        axes.set_xticks(range(1, 6))
        axes.legend(fontsize=8, loc="upper right")
    return titled(figure, "Five tanh layers: the standard first weights let gradients fade, the normalised ones do not")


def decay(seen: Runs) -> Figure:
    """Share of a weight lost in a step against the size of its gradients."""
    figure = Figure(figsize=(7.4, 4.2))
    axes = figure.subplots()
    for colour, (name, runs), mark in zip(COLOURS, seen.items(), ("s", "o", "D"), strict=False):
        (run,) = runs
        axes.plot(run.result["series"]["sizes"], run.result["series"]["shrinking"], mark, ls="-", color=colour, ms=5,
                  label=name, mfc="white" if mark == "s" else colour)  # fmt: skip
    axes.axhline(1e-5, color=MUTED, lw=1, ls="--", zorder=0)
    axes.text(1.1e-3, 1.15e-5, "rate x decay = 0.0001 x 0.1", color=MUTED, fontsize=8.5, va="bottom")
    axes.set(xscale="log", yscale="log", xlabel="standard deviation of the weight's gradients",
             ylabel="share of the weight lost in a step", ylim=(5e-7, 3e-4))  # fmt: skip
    axes.legend(loc="upper right")
    return titled(figure, "Adam with L2 spares the weights with large gradients, AdamW treats all alike")


def basin(seen: Runs) -> Figure:
    """Mean test error of every cell, rate by decay, a panel for each rule."""
    figure = Figure(figsize=(11, 4))
    panels = figure.subplots(1, len(seen))
    for axes, (name, runs), rates in zip(panels, seen.items(), RATES.values(), strict=True):
        grid = [average(runs, f"errors at {lr:g}") for lr in rates]
        axes.imshow(grid, cmap=COUNTS.reversed(), norm=LogNorm(2, 20), aspect="auto", origin="lower")
        for y, row in enumerate(grid):
            for x, value in enumerate(row):
                weight = "bold" if value == min(row) else "normal"
                axes.text(x, y, f"{value:.1f}", ha="center", va="center", fontsize=9.5, fontweight=weight)
            best = row.index(min(row))
            axes.add_patch(Rectangle((best - 0.47, y - 0.47), 0.94, 0.94, fill=False, ec=COLOURS[1], lw=2.2))
        axes.set_xticks(range(len(DECAYS)), [f"{decay:g}" for decay in DECAYS], rotation=45)
        axes.set_yticks(range(len(rates)), [f"{lr:g}" for lr in rates])
        axes.grid(False)
        unit = "decay, lost in each step" if name == "AdamW" else "L2 penalty"
        axes.set(xlabel=unit, title=f"{name}: best {told(numbers(runs, 'best'))} %")
    panels[0].set_ylabel("learning rate")
    return titled(
        figure,
        "Test error (%): AdamW has no edge here, and its best decay (red) moves with the rate, Adam's L2 does not",
    )


def when_to_stop(seen: Runs) -> Figure:
    """One network's curves, and for each criterion its stop and the test error of what it returns."""
    figure = Figure(figsize=(11, 6.6))
    for row, (name, runs) in zip(figure.subplots(len(seen), 2), seen.items(), strict=True):
        left, right = row
        one = runs[0].result["series"]
        epochs = range(1, len(one["val"]) + 1)
        left.plot(epochs, one["val"], color=COLOURS[0], lw=1.3, label="validation")
        left.plot(epochs, one["train"], color=MUTED, lw=1.3, label="training, with wrong labels")
        for number, (kind, limit) in enumerate((("GL", 2), ("UP", 2), ("PQ", 0.5))):
            end = criteria.stop(kind, limit, one["train"], one["val"])
            if end is not None:
                left.axvline(end, color=COLOURS[number + 1], lw=1, ls="--")
                left.text(end + 1, 1.85 - 0.15 * number, f"{kind} {limit:g}", color=COLOURS[number + 1], fontsize=8.5)
        lowest = criteria.best(one["val"])
        left.plot([lowest], [one["val"][lowest - 1]], "*", color=INK, ms=10, label="weights to return")
        left.set(xlabel="epoch", ylabel="loss (nats)", ylim=(0, 2), title=f"{name}: one of the networks")
        left.legend(fontsize=8, loc="lower left")
        for number, kind in enumerate(("GL", "UP", "PQ")):
            names = [f"{k} {limit:g}" for k, limit in criteria.CRITERIA if k == kind]
            stops = [mean(numbers(runs, f"{one} stop")) for one in names]
            errors = [numbers(runs, f"{one} error") for one in names]
            label = f"{kind}, {names[0][3:]} to {names[-1][3:]}"
            right.errorbar(stops, [mean(e) for e in errors], [error(e) for e in errors], fmt="o-", lw=1, ms=5,
                           color=COLOURS[number + 1], elinewidth=0.6, label=label)  # fmt: skip
        last = numbers(runs, "last")
        right.errorbar([len(one["val"])], [mean(last)], [error(last)], fmt="X", color=INK, ms=7, label="last weights")
        more, factor = told([-gain for gain in numbers(runs, "gain")]), told(numbers(runs, "factor"), 2)
        right.set(xlabel="mean epoch of the stop", ylabel="test error, weights returned (%)",
                  title=f"slow / fast: error {more} % higher, {factor} x as long")  # fmt: skip
        right.legend(fontsize=8, loc="upper left")
        right.set_xlim(0, len(one["val"]) + 6)
    return titled(figure, "14 ways to stop: any of them beats the last weights, and here waiting longer gains nothing")


def bars(axes: Axes, runs: Sequence[Seen], unit: str, digits: int, title: str) -> None:
    """Mean difference with its standard error, regulariser by regulariser, over pairs of runs with one seed."""
    for row, name in enumerate(EFFECTS):
        pairs = list(zip(numbers(runs, "none"), numbers(runs, name), strict=True))
        middle, spread = effect(pairs)
        sure = abs(middle) > SURE * spread
        colour = MUTED if not sure else COLOURS[2] if middle < 0 else COLOURS[1]
        axes.barh([row], [middle], color=colour, alpha=0.75, height=0.6)
        axes.errorbar([middle], [row], xerr=[spread], color=INK, capsize=3, lw=1)
        for before, after in pairs:
            axes.plot([after - before], [row + 0.22], "|", color=INK, ms=6, alpha=0.6)
        axes.text(1.02, row, f"{middle:+.{digits}f} ± {spread:.{digits}f}", transform=axes.get_yaxis_transform(),
                  va="center", fontsize=9.5, color=INK)  # fmt: skip
    axes.axvline(0, color=INK, lw=0.8)
    axes.set_yticks(range(len(EFFECTS)), EFFECTS)
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    axes.set(title=title, xlabel=unit)


def scarce_digits(seen: Runs) -> Figure:
    """Effects on the test error of digits, with clean and with spoiled labels."""
    figure = Figure(figsize=(11.4, 3.8))
    panels = figure.subplots(1, 2, sharex=True)
    for axes, (name, runs) in zip(panels, seen.items(), strict=True):
        title = f"{name}: {told(numbers(runs, 'none'))} % without"
        bars(axes, runs, "change of the test error (points); bar: standard error; ticks: seeds", 1, title)
    return titled(figure, "300 digits: regularisers pay where labels are wrong (green, red: 95 % sure)")


def scarce_names(seen: Runs) -> Figure:
    """Effects on the test loss of names, few and many."""
    figure = Figure(figsize=(11.4, 3.8))
    panels = figure.subplots(1, 2, sharex=True)
    for axes, (name, runs) in zip(panels, seen.items(), strict=True):
        title = f"{name}: {told(numbers(runs, 'none'), 2)} nats without"
        bars(axes, runs, "change of the test loss (nats); bar: standard error; ticks: seeds", 3, title)
    return titled(
        figure, "Names: a regulariser helps while data are few, and costs when they are not (green, red: 95 % sure)"
    )


def first_scale(seen: Runs) -> Figure:
    """Test error against the scale of the first weights."""
    figure = Figure(figsize=(7.4, 4))
    axes = figure.subplots()
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        columns = list(zip(*numbers(runs, "errors"), strict=True))
        label = f"{'without' if name == 'none' else 'batch norm'}: {told(numbers(runs, 'spread'))} points apart"
        axes.errorbar(GAINS, [mean(c) for c in columns], [error(c) for c in columns], fmt="o-", color=colour,
                      capsize=3, label=label)  # fmt: skip
    axes.axhline(90, color=MUTED, lw=1, ls="--")
    axes.text(1, 91, "a guess", color=MUTED, fontsize=8.5, ha="center", va="bottom")
    axes.set(xscale="log", xlabel="scale of the first weights (1: He)", ylabel="test error after 200 steps (%)")
    axes.set(ylim=(0, 100))
    axes.legend(loc="center", bbox_to_anchor=(0.5, 0.62), fontsize=8.5)
    return titled(figure, "Batch norm forgives the scale of the first weights")


def health(seen: Runs) -> Figure:
    """Loss against the ratio of updates to weights, and units without a slope against the rate."""
    figure = Figure(figsize=(10.4, 4))
    left, right = figure.subplots(1, 2)
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        for number, run in enumerate(runs):
            series = run.result["series"]
            label = f"{name}: best at {told(numbers(runs, 'ratio'), 2)}" if number == 0 else None
            left.plot(series["ratios"], series["losses"], "o-", color=colour, ms=3, lw=0.8, alpha=0.6, label=label)
            label = {"ReLU": "dead rectifiers", "tanh": "saturated tanh, |z| > 0.97"}[name] if number == 0 else None
            right.plot(series["rates"], series["silent"], "o-", color=colour, ms=3, lw=0.8, alpha=0.6, label=label)
    left.axvspan(-4, -2, color=COLOURS[2], alpha=0.1, lw=0)
    left.set(
        yscale="log", xlabel="log10 (std of the update / std of the weights)", ylabel="training loss, step 250 (nats)"
    )
    left.set_title("the rule of thumb: about -3, between -4 and -2")
    left.legend(loc="lower left")
    right.set(xscale="log", xlabel="learning rate", ylabel="units without a slope (%)", title="too fast kills units")
    right.legend(loc="upper left")
    return titled(figure, "Updates below a 10,000th of the weights learn next to nothing, too large ones kill units")
