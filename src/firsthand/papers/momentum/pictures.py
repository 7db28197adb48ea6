"""Pictures of the claims, and of what the autoencoder makes of an image."""

from collections.abc import Mapping
from math import log

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures import surfaces as contours
from firsthand.figures.images import show
from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.claim import Seen
from firsthand.papers.momentum.claims import HEIGHTS, KAPPAS, METHODS
from firsthand.papers.momentum.experiments import trap_slope, tuned

Runs = Mapping[str, list[Seen]]
ARROW = {"arrowstyle": "->", "lw": 1.6}


def means(runs: list[Seen], name: str, kind: str = "metrics") -> np.ndarray:
    """The mean over the seeds of a number or a list of numbers."""
    return np.mean([run.result[kind][name] for run in runs], axis=0)


def square_root(seen: Runs) -> Figure:
    """Steps and progress per step against the condition number, beside what the theory promises."""
    figure = Figure(figsize=(11, 4.4))
    left, right = figure.subplots(1, 2)
    fine = np.logspace(1, 4, 100)
    for colour, (method, name) in zip(COLOURS, METHODS.items(), strict=False):
        promised = np.array([tuned(method, kappa)[1] for kappa in fine])
        steps = [means(seen[name], f"steps {kappa}") for kappa in KAPPAS]
        factors = np.array([means(seen[name], f"factor {kappa}") for kappa in KAPPAS])
        left.plot(fine, log(1e6) / -np.log(promised), color=colour, lw=1, alpha=0.7)
        left.plot(KAPPAS, steps, "o", color=colour, ms=6)
        right.plot(fine, -np.log(promised) / log(10), color=colour, lw=1, alpha=0.7)
        right.plot(KAPPAS, -np.log(factors) / log(10), "o", color=colour, ms=6)
        lift = {"heavy-ball": 0.72, "nesterov": 1.2}.get(method, 1.0)
        left.text(12_500, steps[-1] * lift, name, color=colour, va="center", fontsize=9)
    left.set(xscale="log", yscale="log", xlabel="condition number kappa = L / mu", xlim=(8, 3e5),
             ylabel="steps to shrink the distance a million times", xticks=KAPPAS,
             title="Steps grow with kappa, or with its root")  # fmt: skip
    right.set(xscale="log", yscale="log", xlabel="condition number kappa = L / mu",
              ylabel="decimal digits gained a step",
              title="Progress a step: promised (lines), measured (dots)")  # fmt: skip
    for axes in (left, right):
        axes.minorticks_off()
    return figure


def look_ahead(seen: Runs) -> Figure:
    """The paths in the valley, and the coordinate across it step by step."""
    figure = Figure(figsize=(11, 4))
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    xs, ys = np.linspace(-6, 11, 200), np.linspace(-1.2, 1.2, 200)
    heights = (xs[None] ** 2 + 100 * ys[:, None] ** 2) / 2
    left.contour(xs, ys, heights, levels=np.array([0.3, 2, 6, 15, 30, 55, 90]), colors=MUTED, linewidths=0.5)
    styles = {"CM": (COLOURS[1], "-", 1.2), "NAG": (COLOURS[0], "-", 2.6), "CM, mu (1 - eps lambda)": (INK, ":", 1.6)}
    for name, (colour, line, width) in styles.items():
        series = seen[name][0].result["series"]
        for axes, x in ((left, series["along"]), (right, range(len(series["across"])))):
            axes.plot(x, series["across"], line, color=colour, lw=width, label=name, ms=3)
    left.plot(0, 0, "*", color=INK, ms=10)
    left.set(xlabel="along the valley (curvature 1)", ylabel="across it (curvature 100)",
             xlim=(-6, 11), ylim=(-1.2, 1.2), title="Nesterov spares the steep direction")  # fmt: skip
    left.grid(False)
    right.set(xlabel="step", ylabel="across the valley", title="Its bouncing is over after a dozen steps")
    right.legend(loc="upper right")
    return figure


def trap(seen: Runs) -> Figure:
    """The slope of the function with the cycle's points, and the distance from the minimum step by step."""
    figure = Figure(figsize=(11, 4))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.3))
    xs = np.linspace(-2.4, 3.5, 300)
    left.plot(xs, [trap_slope(x) for x in xs], color=INK, lw=1.4)
    cycle = seen["heavy ball"][0].result["series"]["places"][-4:]
    slopes = [trap_slope(x) for x in cycle]
    for number in range(3):
        ends = (cycle[number + 1], slopes[number + 1]), (cycle[number], slopes[number])
        left.annotate("", *ends, arrowprops=ARROW | {"color": COLOURS[1], "connectionstyle": "arc3,rad=0.25"})
        left.text(cycle[number] + 0.12, slopes[number] - 6, f"{cycle[number]:.3f}", color=COLOURS[1], fontsize=9)
    left.plot(cycle, slopes, "o", color=COLOURS[1], ms=7)
    left.plot(0, 0, "*", color=INK, ms=10)
    left.set(xlabel="x", ylabel="slope f'(x)", title="Three points that the heavy ball never leaves")
    for colour, name in zip((COLOURS[1], COLOURS[2], COLOURS[0]), seen, strict=True):
        places = np.abs(seen[name][0].result["series"]["places"])
        arrived = int(np.argmax(places < 1e-6)) or len(places)
        right.plot(np.maximum(places[: arrived + 1], 1e-6), ".-", color=colour, lw=1.2, ms=5, label=name)
    right.set(yscale="log", xlabel="step", ylabel="distance from the minimum", ylim=(1e-6, 10), xlim=(-1, 60),
              title="Tuned for quadratics, it cycles on a bent slope")  # fmt: skip
    right.legend(loc="lower right", bbox_to_anchor=(1, 0.12))
    return figure


def autoencoder(seen: Runs) -> Figure:
    """Training error against updates, and what the last updates at a lower momentum do to it."""
    figure = Figure(figsize=(11.5, 4.3))
    left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
    colours = (MUTED, COLOURS[3], COLOURS[2], COLOURS[1], COLOURS[0])
    for row, (colour, (name, runs)) in enumerate(zip(colours, seen.items(), strict=True)):
        curve = means(runs, "curve", "series")
        left.plot(
            100 * np.arange(1, len(curve) + 1),
            curve,
            color=colour,
            lw=1.3,
            ls="--" if "CM" in name else "-",
            label=name,
        )
        before, error = means(runs, "before"), means(runs, "error")
        right.annotate("", (error, row), (before, row), arrowprops=ARROW | {"color": colour})
        right.plot(
            [run.result["metrics"]["before"] for run in runs], [row] * len(runs), "o", color=colour, mfc="white", ms=5
        )
        right.plot([run.result["metrics"]["error"] for run in runs], [row] * len(runs), "o", color=colour, ms=5)
        right.text(
            max(run.result["metrics"]["before"] for run in runs) * 1.05,
            row,
            f"{before:.3f} → {error:.3f}",
            va="center",
            fontsize=8.5,
            color=INK,
        )
    left.axvline(11_500, color=INK, lw=0.8, ls=":")
    left.text(11_400, 2.3, "momentum 0.9 ", ha="right", fontsize=8.5)
    left.set(
        yscale="log", xlabel="update", ylabel="squared error an image (training)", title="More momentum trains further"
    )
    left.set_yticks((0.3, 0.5, 1, 2, 4), ("0.3", "0.5", "1", "2", "4"))
    left.minorticks_off()
    left.legend(loc="upper right", bbox_to_anchor=(0.99, 0.9))
    right.set_yticks(range(len(seen)), list(seen))
    right.set(xscale="log", ylim=(len(seen) - 0.5, -0.5), xlim=(0.26, 2.6),
              xlabel="error before (open) and after (full)", title="What the last 500 updates at 0.9 do")  # fmt: skip
    right.set_xticks((0.3, 0.5, 1, 2), ("0.3", "0.5", "1", "2"))
    right.minorticks_off()
    return figure


def first_weights(seen: Runs) -> Figure:
    """Training error against the scale of the first weights, and its curves."""
    figure = Figure(figsize=(11, 4))
    left, right = figure.subplots(1, 2)
    for colour, height in zip(COLOURS, HEIGHTS, strict=False):
        runs = seen[f"scale {height}"]
        curve = means(runs, "curve", "series")
        left.plot(100 * np.arange(1, len(curve) + 1), curve, color=colour, lw=1.4)
        shift = {"0.25": 1.06, "2": 0.94}.get(height, 1.0)  # two lines that end at the same height
        left.text(3050, curve[-1] * shift, f"scale {height}", color=colour, va="center", fontsize=9)
        right.plot(
            [float(height)] * len(runs), [run.result["metrics"]["error"] for run in runs], "o", color=colour, alpha=0.7
        )
    right.plot(
        [float(height) for height in HEIGHTS], [means(seen[f"scale {h}"], "error") for h in HEIGHTS], color=INK, lw=1
    )
    left.set(
        yscale="log",
        xlabel="update",
        ylabel="squared error an image (training)",
        title="Too small a start never leaves the plateau",
        xlim=(0, 3700),
    )
    right.set(xscale="log", yscale="log", xlabel="standard deviation of the 15 first weights of a unit",
              ylabel="error after 3000 updates", title="The right size is near one")  # fmt: skip
    right.set_xticks([float(h) for h in HEIGHTS], HEIGHTS)
    right.minorticks_off()
    return figure


def surfaces(seen: Runs) -> Figure:
    """The walks of every rule on every surface."""
    return contours.race({name: runs[0].result["metrics"] | runs[0].result["series"] for name, runs in seen.items()})


def reconstructions(
    images: Float[Tensor, "images height width"], answers: Float[Tensor, "images height width"]
) -> Figure:
    """Images above what comes back through the code, with the squared error of each."""
    figure = Figure(figsize=(len(images), 2.5))
    errors = (images - answers).square().sum((1, 2))
    for row, pictures in enumerate((images, answers)):
        for column, picture in enumerate(pictures):
            axes: Axes = figure.add_subplot(2, len(images), row * len(images) + column + 1)
            show(axes, picture)
            axes.images[0].set_clim(0, 1)
            if row:
                axes.set_xlabel(f"{errors[column]:.2f}", fontsize=8.5)
    figure.suptitle(
        f"test images, and their reconstructions with squared error (mean {errors.mean():.2f})",
        x=0.01, ha="left", fontsize=11, fontweight="bold",
    )  # fmt: skip
    return figure
