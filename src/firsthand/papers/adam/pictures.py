"""The figures of the claims: one finding each."""

from collections.abc import Mapping
from math import isfinite, log10, sqrt

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from firsthand.figures import surfaces as contours
from firsthand.figures.style import COLOURS, INK, MUTED, apart
from firsthand.papers.adam.claims import ADAM, BETAS, EPOCHS, METHODS, NESTEROV, RARE, RATES, SLOPES, bound, cells
from firsthand.papers.claim import Seen

Runs = Mapping[str, list[Seen]]


def series(runs: Runs, arm: str, name: str) -> list[float]:
    """A list that the arm's first run left."""
    return runs[arm][0].result["series"][name]


def mean_series(runs: Runs, arm: str, name: str) -> list[float]:
    """The mean over the seeds, place by place."""
    columns = zip(*(seen.result["series"][name] for seen in runs[arm]), strict=True)
    return [sum(values) / len(values) for values in columns]


def direct(axes: Axes, x: float, y: float, words: str, colour: str, **style) -> None:
    """A label at the end of a line."""
    axes.annotate(words, (x, y), xytext=(5, 0), textcoords="offset points", color=colour, va="center", **style)


def correction(runs: Runs) -> Figure:
    """Figure 4: loss against log10 alpha, a panel for each beta1 and beta2; triangles left the frame."""
    top = 320.0
    figure = Figure(figsize=(12.5, 3.7))
    panels = figure.subplots(1, len(BETAS), sharey=True)
    for axes, (beta1, beta2) in zip(panels, BETAS, strict=True):
        for corrected, colour, style, words in (
            (True, COLOURS[0], "-", "corrected"),
            (False, COLOURS[1], "--", "uncorrected"),
        ):
            metrics = runs[cells(beta1, beta2, corrected)][0].result["metrics"]
            losses = [metrics[f"loss at {rate}"] for rate in RATES]
            heights = [min(top, loss) if loss is not None else top for loss in losses]
            rates = [float(rate) for rate in RATES]
            axes.plot(rates, heights, style, color=colour, lw=1.8, label=words)
            inside = [height < top for height in heights]
            axes.plot(
                [r for r, fits in zip(rates, inside, strict=True) if fits],
                [h for h, fits in zip(heights, inside, strict=True) if fits],
                "o", color=colour, ms=4.5,
            )  # fmt: skip
            for rate in (r for r, fits in zip(rates, inside, strict=True) if not fits):
                axes.plot(rate, top, "^", color=colour, ms=7, clip_on=False, zorder=5)
        axes.set(xlabel="log₁₀ α", ylim=(110, top), xticks=rates)
        axes.set_title(f"β₁ = {beta1:g}, β₂ = {beta2:g}", fontsize=10)
    panels[0].set_ylabel("loss after 600 steps (nats an image)")
    panels[0].legend(loc="upper left")
    figure.suptitle(
        "The closer β₂ is to 1, the more the bias correction matters   (▲: above the frame, or diverged)",
        x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK,
    )  # fmt: skip
    return figure


def logistic(runs: Runs) -> Figure:
    """Training loss pass by pass, a panel for each rule, the paper's curve beside ours."""
    figure = Figure(figsize=(11, 3.8))
    panels = figure.subplots(1, 3, sharey=True)
    groups = (
        ("Adam", ("0.001", "0.01", "0.1"), ADAM),
        ("SGD-Nesterov", ("0.3", "1"), NESTEROV),
        ("AdaGrad", ("0.001", "0.1"), {10: 0.646}),
    )
    for axes, (rule, rates, paper) in zip(panels, groups, strict=True):
        curves = [mean_series(runs, f"{rule}, {rate}", "losses") for rate in rates]
        heights = apart([log10(losses[-1]) for losses in curves], 0.045)
        for rate, losses, height, colour in zip(rates, curves, heights, COLOURS, strict=False):
            axes.plot(range(1, len(losses) + 1), losses, color=colour, lw=1.8)
            direct(axes, len(losses), 10**height, f"{'α' if rule == 'Adam' else 'rate'} {rate}", colour, fontsize=9)
        axes.plot(list(paper), list(paper.values()), "D", color=INK, mfc="none", ms=6, label="paper (figure 1)")
        axes.set(
            title=rule, xlabel="passes over MNIST", xlim=(0.5, 12.9), xticks=EPOCHS, yscale="log", ylim=(0.21, 1.4)
        )
        axes.set_yticks((0.25, 0.3, 0.4, 0.6, 0.8, 1.2), ("0.25", "0.3", "0.4", "0.6", "0.8", "1.2"))
        axes.set_yticks((), minor=True)
        axes.legend(loc="upper right")
    panels[0].set_ylabel("training loss (nats)")
    figure.suptitle(
        "At its best rate AdaGrad ties with Adam; the paper's curve is that of the rate 0.001",
        x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK,
    )  # fmt: skip
    return figure


def sparse_features(runs: Runs) -> Figure:
    """Training cost pass by pass, each rule at its best rate and, fainter, at the others."""
    figure = Figure(figsize=(8, 4.2))
    axes, ends = figure.subplots(), []
    for colour, arm in zip(COLOURS, runs, strict=False):
        found = runs[arm][0].result
        for name, costs in found["series"].items():
            passes = range(1, len(costs) + 1)
            best = name == "costs"
            axes.plot(passes, costs, color=colour, lw=1.8 if best else 0.8, alpha=1.0 if best else 0.35)
        costs = found["series"]["costs"]
        ends.append((costs[-1], f"{arm}, {found['metrics']['rate']:g}: {costs[-1]:.3f}", colour))
    for (_, words, colour), height in zip(ends, apart([cost for cost, *_ in ends], 0.009), strict=True):
        direct(axes, len(costs), height, words, colour, fontsize=9)
    axes.set(xlabel="passes over 54,105 sentences", ylabel="training cost, half of the words dropped (nats)")
    axes.set(xlim=(0.8, len(costs) + 3), ylim=(0.305, 0.51))
    axes.set_xticks(range(1, len(costs) + 1))
    axes.set_title("Rare words: Adam ties with AdaGrad (thin: at other rates)")
    return figure


def dropout_network(runs: Runs) -> Figure:
    """Training cost pass by pass, on a logarithmic axis as in figure 2a."""
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    ends = []
    for colour, arm in zip(COLOURS, runs, strict=False):
        costs = mean_series(runs, arm, "costs")
        axes.plot(range(1, len(costs) + 1), costs, "o-", color=colour, lw=1.8, ms=3.5)
        ends.append((arm, costs[-1], colour))
    heights = apart([log10(cost) for _, cost, _ in ends], 0.035)
    for (arm, cost, colour), height in zip(ends, heights, strict=True):
        direct(axes, 10, 10**height, f"{arm}: {cost:.3f}", colour, fontsize=9)
    axes.plot([10], [0.071], "D", color=INK, mfc="none", ms=8, label="the paper's Adam, 0.071")
    axes.set(xlabel="passes over MNIST", ylabel="training cost, dropout on (nats)", yscale="log", xlim=(0.7, 13))
    axes.set_xticks(range(1, 11))
    axes.set_yticks((0.05, 0.1, 0.2, 0.4), ("0.05", "0.1", "0.2", "0.4"))
    axes.set_yticks((), minor=True)
    axes.set_title("A network with dropout: Adam leads at first, AdaGrad in the end")
    axes.legend(loc="upper right")
    return figure


def amsgrad(runs: Runs) -> Figure:
    """Where x is against the number of steps, a panel for each of the two problems."""
    figure = Figure(figsize=(10, 3.8))
    panels = figure.subplots(1, 2, sharey=True)
    words = ("slope +3 once in 3 steps, else -1", "slope +1010 once in 101 steps, else -10")
    for axes, problem, title in zip(panels, SLOPES, words, strict=True):
        for method, colour in (("Adam", COLOURS[1]), ("AMSGrad", COLOURS[0])):
            arm = f"{method}, {problem}"
            steps, places = series(runs, arm, "step"), series(runs, arm, "place")
            axes.plot(steps, places, color=colour, lw=1.8)
            direct(axes, steps[-1], places[-1], method, colour, fontweight="bold")
        axes.axhline(-1, color=MUTED, lw=1, ls=":")
        axes.set(xscale="log", xlabel="steps", title=title, ylim=(-1.1, 1.1), yticks=(-1, 0, 1))
        axes.set_xlim(1, axes.get_xlim()[1] * 3)
    panels[0].set_yticklabels(("-1\n(best)", "0", "+1\n(worst)"))
    panels[0].set_ylabel("x")
    figure.suptitle(
        "Adam forgets the rare large slope and walks to the worst point",
        x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK,
    )  # fmt: skip
    return figure


def longest_step(runs: Runs) -> Figure:
    """Length of the first step after a wait, with and without the correction, and the bound."""
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    for colour, (beta1, beta2) in zip(COLOURS, RARE, strict=False):
        for corrected, style in ((True, "-"), (False, "--")):
            arm = cells(beta1, beta2, corrected)
            waits, steps = series(runs, arm, "waits"), series(runs, arm, "steps")
            axes.plot([wait + 1 for wait in waits], steps, style, color=colour, lw=1.8)
        limit = bound(beta1, beta2)
        direct(axes, waits[-1] + 1, limit, f"β = ({beta1:g}, {beta2:g}): {limit:.3g} α", colour)
    axes.plot([], [], "-", color=INK, label="Adam")
    axes.plot([], [], "--", color=INK, label="without bias correction")
    axes.plot([1], [1], "o", color=INK, ms=6, zorder=5)
    axes.annotate(
        "the very first step is α", (1, 1), xytext=(-4, -52), textcoords="offset points",
        arrowprops={"arrowstyle": "-", "color": INK, "lw": 0.8, "relpos": (0.02, 1)},
    )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="step at which the first gradient comes", ylabel="step length / α")
    axes.set(xlim=(0.8, 6e5), ylim=(0.34, 45))
    axes.set_yticks((0.5, 1, 3, 10, 30), ("0.5", "1", "3", "10", "30"))
    axes.set_title("A rare gradient takes a long step; without correction every first one does")
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.9))
    return figure


def noise(runs: Runs) -> Figure:
    """Travel and length of the steps against the ratio of signal and noise."""
    figure = Figure(figsize=(8, 4.2))
    axes = figure.subplots()
    ratios = series(runs, "beta1 = 0.9", "ratios")
    axes.plot(ratios, [s / sqrt(1 + s * s) for s in ratios], color=MUTED, lw=5, alpha=0.5, label="s / √(1 + s²)")
    axes.plot(ratios, mean_series(runs, "beta1 = 0.9", "travel"), "o", color=COLOURS[0], label="travel a step")
    for arm, colour, words in (
        ("beta1 = 0.9", COLOURS[1], "length of a step, β₁ = 0.9"),
        ("beta1 = 0", COLOURS[3], "length of a step, β₁ = 0"),
    ):
        axes.plot(ratios, mean_series(runs, arm, "lengths"), "--", color=colour, lw=1.8, label=words)
    axes.set(xscale="log", ylim=(0, 1.08), xlabel="signal s / noise of the gradient", ylabel="in units of α")
    axes.set_title("Noise shortens Adam's steps: automatic annealing")
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.92))
    return figure


def rescaling(runs: Runs) -> Figure:
    """How far the path strays against the scale of the gradients, for each eps."""
    figure = Figure(figsize=(8, 4.2))
    axes = figure.subplots()
    for colour, (arm, words) in zip(
        COLOURS,
        {"eps = 1e-3": "ε = 0.001", "eps = 1e-8": "ε = 1e-8, the default", "eps = 0": "ε = 0"}.items(),
        strict=False,
    ):
        scales = series(runs, arm, "scales")
        apart = [max(share, 1e-17) for share in series(runs, arm, "apart")]
        points = [(s, a) for s, a in zip(scales, apart, strict=True) if s != 1.0 and isfinite(a)]
        axes.plot(*zip(*points, strict=True), "o-", color=colour, lw=1.6, ms=4, label=words)
    axes.axhline(0.01, color=MUTED, lw=1, ls=":")
    axes.annotate("1 %", (scales[-1], 0.01), xytext=(0, 3), textcoords="offset points", color=INK, ha="right")
    axes.set(
        xscale="log", yscale="log", xlabel="all gradients multiplied by", ylabel="largest distance / reach of the path"
    )
    axes.set_title("Adam does not see the scale of the gradient, until ε does")
    axes.legend(loc="center left", bbox_to_anchor=(0.0, 0.4))
    return figure


def surfaces(runs: Runs) -> Figure:
    """The walks of every rule at its fastest rate."""
    return contours.race({arm: runs[arm][0].result["metrics"] | runs[arm][0].result["series"] for arm in METHODS})
