"""Pictures of the claims, and of what a trained network remembers."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from firsthand.figures.images import COUNTS
from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.claim import Seen
from firsthand.papers.vanishing.claims import LENGTHS, NOISES, RATES, RNNS, SETTINGS, UNCLIPPED
from firsthand.papers.vanishing.experiments import FIRST_WEIGHTS, cliff_error
from firsthand.papers.vanishing.theory import attractor, multiplier

Runs = Mapping[str, list[Seen]]
READER = dict(zip((*RNNS, "LSTM", "GRU"), (COLOURS[5], COLOURS[0], COLOURS[1], COLOURS[2], COLOURS[3], COLOURS[4]),
                  strict=True))  # fmt: skip


def metric(runs: list[Seen], name: str) -> np.ndarray:
    """A number of every seed; NaN where there is none."""
    return np.array([np.nan if (v := run.result["metrics"][name]) is None else v for run in runs])


def series(runs: list[Seen], name: str, log: bool = False) -> np.ndarray:
    """The mean over the seeds of a list of numbers, geometric if `log`."""
    rows = np.array([run.result["series"][name] for run in runs])
    return np.exp(np.log(rows).mean(0)) if log else rows.mean(0)


def labels(axes: Axes, ends: dict[str, tuple[float, float]], colours: Mapping[str, str], gap: float) -> None:
    """Names at the right ends of curves, moved apart until `gap` (share of the axis' height) lies between them."""
    low, high = axes.get_ylim()
    log = axes.get_yscale() == "log"
    low, high = (np.log10(low), np.log10(high)) if log else (low, high)
    places = {name: ((np.log10(y) if log else y) - low) / (high - low) for name, (_, y) in ends.items()}
    order = sorted(places, key=places.__getitem__)
    for _ in range(100):
        for lower, upper in pairwise(order):
            lack = gap - (places[upper] - places[lower])
            if lack > 0:
                places[lower] -= lack / 2
                places[upper] += lack / 2
    for name, place in places.items():
        y = low + place * (high - low)
        axes.text(ends[name][0], 10**y if log else y, name, color=colours[name], va="center", fontsize=9)


def lengths(seen: Runs) -> Figure:
    """The share of latches that learned, against T."""
    figure = Figure(figsize=(8.6, 4.4))
    axes = figure.subplots()
    colours = dict(zip(SETTINGS, (COLOURS[2], COLOURS[0], COLOURS[1], COLOURS[0]), strict=True))
    means = {name: np.array([metric(runs, name).mean() for runs in seen.values()]) for name in SETTINGS}
    for name, colour in colours.items():
        style, fill = ("--", "white") if "rate" in name else ("-", None)
        axes.plot(LENGTHS, means[name], style, color=colour, lw=2)
        for length, runs in zip(LENGTHS, seen.values(), strict=True):
            axes.plot([length] * len(runs), metric(runs, name), "o", color=colour, ms=4, alpha=0.5, mfc=fill)
    axes.set(xscale="log", xlabel="T, steps from the beginning of a sequence to the question", ylim=(-0.03, 1.05),
             ylabel="share of latches that learn their bit",
             title="The longer the bit must be kept, the fewer runs learn to keep it")  # fmt: skip
    axes.set_xticks(LENGTHS, [str(length) for length in LENGTHS])
    axes.minorticks_off()
    for name, mean in means.items():  # at a height where its neighbours are far
        level = {"noise 0.447": 0.68, "noise 0.2": 0.28, "noise 0.1": 0.52}.get(name, 0.84)
        cross = np.exp(np.interp(-level, -mean, np.log(LENGTHS)))
        left = name == "noise 0.447"
        axes.text(cross * (0.96 if left else 1.05), level, name, color=colours[name], ha="right" if left else "left",
                  va="center", fontsize=9.5, fontweight="bold")  # fmt: skip
    return figure


def region(seen: Runs) -> Figure:
    """A map for each T: first weight across, noise upwards."""
    figure = Figure(figsize=(11.5, 3.9))
    panels = figure.subplots(1, len(seen), sharey=True)
    for axes, (name, runs) in zip(panels, seen.items(), strict=True):
        shares = series(runs, "map").reshape(len(FIRST_WEIGHTS), len(NOISES)).T
        image = axes.imshow(shares, origin="lower", cmap=COUNTS, vmin=0, vmax=1, aspect="auto")
        for (row, column), share in np.ndenumerate(shares):
            colour = "white" if share > 0.55 else INK
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=8, color=colour)
        axes.set_xticks(range(len(FIRST_WEIGHTS)), [f"{w:g}" for w in FIRST_WEIGHTS])
        axes.set_yticks(range(len(NOISES)), [f"{noise:g}" for noise in NOISES])
        axes.grid(False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set(title=name, xlabel="first weight w")
    panels[0].set_ylabel("noise (standard deviation)")
    figure.colorbar(image, ax=panels, shrink=0.9, pad=0.01).set_label("runs that learn the latch")
    figure.suptitle("The region of reliable learning shrinks with T (numbers: % of runs)", x=0.01, ha="left",
                    fontsize=11, fontweight="bold", color=INK)  # fmt: skip
    return figure


def guessing(seen: Runs) -> Figure:
    """Searches that have succeeded, against trials."""
    figure = Figure(figsize=(8.6, 4.2))
    axes = figure.subplots()
    colours = dict(zip(seen, (COLOURS[2], COLOURS[2], COLOURS[1], COLOURS[1]), strict=True))
    ends = {}
    for name, runs in seen.items():
        found = np.sort(np.concatenate([run.result["series"]["first"] for run in runs]))
        share = metric(runs, "solved").mean()
        steps = np.linspace(0, share, len(found) + 1)
        x, y = np.concatenate([[1], found, [1000]]), np.concatenate([steps, [share]])
        axes.step(x, y, where="post", color=colours[name], lw=2, ls="--" if name.endswith("= 10") else "-")
        ends[name] = (1080.0, float(share))
    axes.set(xscale="log", xlim=(1, 1000), ylim=(-0.02, 1.04), xlabel="trials: guesses, or updates",
             ylabel="searches that have succeeded",
             title="Guessing three weights is easy at any length; descending to them is not")  # fmt: skip
    labels(axes, ends, colours, 0.06)
    return figure


def decay(seen: Runs) -> Figure:
    """|dx_T/dx_0| against T beside mu^T, and what each step adds to the gradient of w."""
    figure = Figure(figsize=(11, 4.2))
    left, right = figure.subplots(1, 2)
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        run = runs[0].result
        sizes, parts = np.array(run["series"]["gradient"]), np.array(run["series"]["parts"])
        steps, mu = np.arange(1, len(sizes) + 1), run["metrics"]["predicted"]
        left.plot(steps, sizes, "o", color=colour, ms=3.5)
        left.plot(steps, sizes[-1] * mu ** (steps - steps[-1]), color=colour, lw=1)
        left.text(61, sizes[-1], f"{name}\nmu = {mu:.3f}", color=colour, va="center", fontsize=9)
        right.plot(range(15), 100 * parts[:15] / parts.sum(), "o-", color=colour, ms=4, lw=1.4, label=name)
    left.set(yscale="log", xlim=(0, 73), xlabel="T", ylabel="|dx_T / dx_0|",
             title="The distant past: measured (dots), mu^T (lines)")  # fmt: skip
    right.set(xlabel="steps before T", ylabel="share of dx_T/dw (%)",
              title="All that w hears of is the last few steps")  # fmt: skip
    right.legend()
    return figure


def dilemma(seen: Runs) -> Figure:
    """The map of a step with its attractors, and noise survived against gradient left."""
    figure = Figure(figsize=(11, 4.4))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    xs = np.linspace(-1.25, 1.25, 200)
    left.plot(xs, xs, color=MUTED, lw=1)
    for colour, w in ((COLOURS[0], 1.25), (COLOURS[1], 3.0)):
        left.plot(xs, np.tanh(w * xs), color=colour, lw=1.8)
        fixed, mu = attractor(w), multiplier(w)
        for sign in (-1, 1):
            ends = sign * fixed + np.array([-0.22, 0.22])
            left.plot(ends, sign * fixed + mu * (ends - sign * fixed), color=INK, lw=1.2)
            left.plot(sign * fixed, sign * fixed, "o", color=colour, ms=7)
        left.text(fixed + 0.05, fixed - 0.2, f"w = {w:g}\nslope {mu:.2f}", color=colour, va="top", fontsize=9)
    left.set(xlabel="x at one step", ylabel="x at the next, tanh(w x)", xlim=(-1.25, 1.6), ylim=(-1.25, 1.25),
             title="A stronger latch is a flatter one")  # fmt: skip
    noise = [metric(runs, "noise").mean() for runs in seen.values()]
    kept = [metric(runs, "gradient").mean() for runs in seen.values()]
    right.plot(noise, kept, "o-", color=COLOURS[4], lw=1.6, ms=7)
    for name, x, y in zip(seen, noise, kept, strict=True):
        right.text(x + 0.02, y + 0.8, name, fontsize=9.5, color=INK)
    right.text(0.97, 0.9, "safe and trainable:\nnothing is here", transform=right.transAxes, ha="right", va="top",
               color=MUTED, fontsize=11, style="italic")  # fmt: skip
    right.set(xlabel="noise survived for 100 steps in 99 % of cases (std)", xlim=(0, 1.25 * max(noise)), ylim=(None, 3),
              ylabel="gradient left after 20 steps", title="Safe against noise, or open to learning")  # fmt: skip
    ticks = range(-30, 1, 5)
    right.set_yticks(ticks, [f"1e{tick}" if tick else "1" for tick in ticks])
    return figure


def memories(axes: Axes, seen: Runs, when: str, words: dict[str, str]) -> None:
    """Gradient against lag of every reader, with its name at the end."""
    ends, colours = {}, {}
    for name, runs in seen.items():
        good = [run for run in runs if all(run.result["series"].get(f"{when} shares") or [0])]  # none underflowed
        if not good:
            continue
        shares, colour = series(good, f"{when} shares", log=True), READER.get(name, COLOURS[1])
        axes.plot(shares, color=colour, lw=2, ls="--" if name == UNCLIPPED.name else "-")
        title = words.get(name, name)
        ends[title], colours[title] = (51.0, float(shares[-1])), colour
    axes.set(yscale="log", xlim=(0, 50), xlabel="k, steps back from the error",
             ylabel="|dE_t / ds_t-k|, as a share of that at k = 0")  # fmt: skip
    labels(axes, ends, colours, 0.055)


def lags(seen: Runs) -> Figure:
    """Before training: six readers, and the rates of their linear steps."""
    figure = Figure(figsize=(9.6, 4.8))
    axes = figure.subplots()
    words = {}
    for name, runs in seen.items():
        rate, linear = (metric(runs, f"start {kind}").mean() for kind in ("rate", "predicted"))
        words[name] = f"{name}: {rate:.2f} a step ({linear:.2f})"
    memories(axes, seen, "start", words)
    axes.text(1, axes.get_ylim()[0] * 4, "in brackets: the factor of the linear step at state 0", fontsize=8.5)
    axes.set_title("Untrained readers of text: the past fades, or explodes, by a constant factor a step")
    return figure


def trained(seen: Runs) -> Figure:
    """After training, with the loss of each reader."""
    figure = Figure(figsize=(9.6, 4.8))
    axes = figure.subplots()
    losses = {name: metric(runs, "loss").mean() for name, runs in seen.items()}
    words = {name: name + (": diverged" if np.isnan(loss) else f": {loss:.2f} nats") for name, loss in losses.items()}
    memories(axes, seen, "trained", words)
    lost = [
        words[name] for name, runs in seen.items() if not all(runs[0].result["series"].get("trained shares") or [0])
    ]
    if lost:
        axes.text(1, axes.get_ylim()[0] * 3, "\n".join(f"{name}, nothing comes through" for name in lost), fontsize=8.5)
    axes.set_title("What readers remember after 500 updates (beside the name: held-out loss)")
    return figure


def bound(seen: Runs) -> Figure:
    """Measured gradient and its bound, a panel a reader, before and after training."""
    figure = Figure(figsize=(11.5, 3.8))
    for axes, (name, runs) in zip(figure.subplots(1, len(seen), sharey=True), seen.items(), strict=True):
        for when, colour in (("start", COLOURS[0]), ("trained", COLOURS[1])):
            axes.plot(series(runs, f"{when} allowed", log=True), color=colour, lw=1.2, ls="--")
            axes.plot(series(runs, f"{when} shares", log=True), color=colour, lw=2, label=when)
        axes.set(yscale="log", xlabel="steps back", title=name)
    figure.axes[0].set_ylabel("gradient, as a share of that at 0")
    figure.axes[0].legend(loc="lower left")
    figure.suptitle("What the product of norms allows (dashed), and the gradient that there is", x=0.01, ha="left",
                    fontsize=11, fontweight="bold", color=INK)  # fmt: skip
    return figure


def cliff(seen: Runs) -> Figure:
    """The error's surface with a descent that meets the wall, with and without clipping; and how many arrive."""
    figure = Figure(figsize=(11.8, 4.6))
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    w, b = np.meshgrid(np.linspace(3.5, 8.5, 400), np.linspace(-4.6, -0.4, 400))
    height = cliff_error(torch.from_numpy(w), torch.from_numpy(b)).numpy()
    left.pcolormesh(w, b, np.sqrt(height), cmap="Greys", vmin=0, vmax=0.9, shading="auto", rasterized=True)
    for name, colour in (("rate 0.1", COLOURS[1]), ("rate 0.1, clipped at 1", COLOURS[0])):
        found = seen[name][0].result["series"]
        x, y = np.array(found["path w"]), np.array(found["path b"])
        label = f"{name}: " + ("arrives" if "clipped" in name else "thrown out")
        left.plot(x, y, "-", color=colour, lw=1.6, label=label)
        left.plot(x[-1], y[-1], "o", color=colour, ms=8, clip_on=True)
    left.plot(x[0], y[0], "s", color=INK, ms=6)
    left.text(x[0] + 0.12, y[0], "start", va="center", fontsize=9)
    left.set(xlim=(3.5, 8.5), ylim=(-4.6, -0.4), xlabel="w", ylabel="b", title="E_50: dark is high, white is solved")
    left.grid(False)
    left.legend(loc="upper right", frameon=True, framealpha=0.9, edgecolor="none")
    for row, (name, runs) in enumerate(seen.items()):
        colour = COLOURS[0] if "clipped" in name else COLOURS[1]
        share, jump = metric(runs, "arrived").mean(), metric(runs, "jump").mean()
        right.barh(row, 100 * share, color=colour, height=0.62)
        right.text(
            100 * share + 1.5,
            row,
            f"{100 * share:.0f} %, longest step {jump:,.{0 if jump > 10 else 2}f}",
            va="center",
            fontsize=8.5,
        )
    right.set_yticks(range(len(seen)), list(seen))
    right.set(xlim=(0, 155), ylim=(len(seen) - 0.4, -0.6), xlabel="descents that arrive (%)", xticks=range(0, 101, 25),
              title="Clipped, more arrive, and none is thrown out")  # fmt: skip
    right.grid(False, axis="y")
    right.set_axisbelow(True)
    return figure


def clipping(seen: Runs) -> Figure:
    """Training loss of the reader, a panel a rate, with and without clipping."""
    figure = Figure(figsize=(11.5, 3.6))
    for axes, rate in zip(figure.subplots(1, len(RATES), sharey=True), RATES, strict=True):
        for words, colour, label in (("", COLOURS[1], "unclipped"), (", clipped at 1", COLOURS[0], "clipped at 1")):
            for number, run in enumerate(seen[f"rate {rate:g}{words}"]):
                losses = np.minimum(run.result["series"]["losses"], 50)
                smooth = np.convolve(losses, np.ones(10) / 10, "valid")
                axes.plot(smooth, color=colour, lw=1, alpha=0.8, label=None if number else label)
        level = run.result["metrics"]["frequencies"]
        axes.axhline(level, color=INK, lw=0.9, ls=":")
        axes.set(xlabel="update", title=f"rate {rate:g}", yscale="log", ylim=(1.7, 60))
        axes.set_yticks((2, 3, 5, 10, 20, 50), ("2", "3", "5", "10", "20", "50+"))
        axes.minorticks_off()
    figure.axes[0].set_ylabel("training loss (nats)")
    figure.axes[0].legend(loc="upper right")
    figure.axes[0].text(395, level * 1.04, "letter frequencies", ha="right", fontsize=8.5)
    return figure


# Of a training run


def gradient(norms: Float[Tensor, "lags batch"], w: float | None = None) -> Figure:
    """|dC/ds_T-k| of every sequence against k, their median, and for a latch the slope mu^k of its weight."""
    figure = Figure(figsize=(7.4, 4))
    axes = figure.subplots()
    norms = norms.clamp(min=1e-300)
    middle = norms.median(1).values
    axes.plot(norms[:, :40].numpy(), color=COLOURS[0], lw=0.6, alpha=0.25)
    axes.plot(middle.numpy(), color=COLOURS[0], lw=2.4, label="median of the sequences")
    if w is not None and w > 1:
        steps = torch.arange(len(norms))
        axes.plot(middle[0].item() * multiplier(w) ** steps, color=INK, lw=1.2, ls="--",
                  label=f"mu^k of w = {w:.2f}: mu = {multiplier(w):.2f}")  # fmt: skip
    axes.set(yscale="log", xlabel="k, steps back from the end", ylabel="|dC / ds_T-k|",
             title="What a gradient still tells of the past")  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    return figure


def memory(states: Float[Tensor, "batch time units"], classes: Int[Tensor, " batch"]) -> Figure:
    """The states of some sequences step by step, in the colours of their classes: a panel a unit, eight at most."""
    units = min(states.shape[2], 8)
    figure = Figure(figsize=(max(7.4, 2.4 * units), 3.4))
    for unit, axes in enumerate(figure.subplots(1, units, squeeze=False, sharey=True)[0]):
        for label, colour in ((1, COLOURS[0]), (0, COLOURS[1])):
            chosen = states[classes == label][:20, :, unit]
            axes.plot(range(1, states.shape[1] + 1), chosen.t().numpy(), color=colour, lw=0.8, alpha=0.7)
        axes.set(xlabel="step", ylim=(-1.05, 1.05), title=f"unit {unit + 1}" if units > 1 else "The bit, kept or lost")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.axes[0].set_ylabel("state x")
    return figure
