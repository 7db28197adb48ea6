"""Pictures of weights and activities as the paper draws them, and of what the claims measured."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from firsthand.figures.style import COLOURS, INK, MUTED
from firsthand.papers.backprop.experiments import PUBLISHED_HIDDEN, PUBLISHED_OUTPUT
from firsthand.papers.backprop.facts import ENGLISH, ITALIANS, PEOPLE, RELATIONS, questions
from firsthand.papers.backprop.features import CODES
from firsthand.papers.backprop.model import Network
from firsthand.papers.claim import Seen

PLUS, MINUS = COLOURS[0], COLOURS[1]
Runs = Mapping[str, list[Seen]]


def squares(axes: Axes, values: Float[Tensor, "rows columns"], reach: float, numbers: bool = False) -> float:
    """A square for each value: its area is the size, blue is plus, red is minus; `reach` fills a place of 1 by 1.

    A value that is NaN leaves its place empty. Returns the distance of the rows, which stand apart for `numbers`.
    """
    rows, columns = values.shape
    pitch = 1.45 if numbers else 1.0
    for row in range(rows):
        for column in range(columns):
            v, y = values[row, column].item(), row * pitch
            if v != v:
                continue
            side = 0.92 * sqrt(min(abs(v) / reach, 1.0))
            axes.add_patch(
                Rectangle((column - side / 2, y - side / 2), side, side, color=PLUS if v > 0 else MINUS, lw=0)
            )
            if numbers:
                axes.text(
                    column, y + 0.69, f"{round(v, 1) + 0.0:.1f}", ha="center", va="center", fontsize=7.5, color=INK
                )
    bottom = (rows - 1) * pitch + (0.95 if numbers else 0.6)
    axes.set(xlim=(-0.6, columns - 0.4), ylim=(bottom, -0.6), aspect="equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    axes.spines[:].set(visible=True, color=MUTED, linewidth=0.6)
    return pitch


def people(weights: Float[Tensor, "6 24"], title: str = "What the six units see in the 24 people") -> Figure:
    """The weights from the people to the units of the person code, as in Figure 4: a panel a unit."""
    figure = Figure(figsize=(10, 5.2))
    draw_people(figure, weights, title)
    return figure


def draw_people(figure: Any, weights: Float[Tensor, "6 24"], title: str) -> None:
    """Six panels; English above, Italians below, each under the person in the same place of the tree."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    for unit, axes in enumerate(figure.subplots(3, 2).flat):
        squares(axes, weights[unit].view(2, 12), weights.abs().max().item())
        axes.set_yticks([0, 1], ["English", "Italian"], fontsize=8)
        axes.tick_params(length=0)
        axes.set_title(f"unit {unit + 1}", fontsize=9, loc="left", pad=3 if unit > 1 else 6)
        if unit < 2:
            axes.xaxis.tick_top()
            axes.set_xticks(range(12), ENGLISH, rotation=50, ha="left", fontsize=7.5)
        if unit > 3:
            axes.set_xticks(range(12), ITALIANS, rotation=50, ha="right", rotation_mode="anchor", fontsize=7.5)


def weights(network: Network) -> Figure:
    """Every layer's weights, a row a unit, its bias apart on the right; the output layer on top."""
    shown: dict[str, Tensor] = {}
    for name, layer in reversed(network.layers.items()):
        weight, bias = layer.weight.detach().float().cpu(), layer.bias.detach().float().cpu()[:, None]
        shown[name] = torch.cat([weight, torch.full_like(bias, torch.nan), bias], 1)
    cell = 0.45  # inches; every weight has a place of the same size
    width = cell * (max(values.shape[1] for values in shown.values()) + 0.2) + 0.3
    height = sum(cell * (1.45 * len(values) + 0.1) + 0.5 for values in shown.values())
    figure, top = Figure(figsize=(max(width, 4.2), height), layout="none"), height
    for name, values in shown.items():
        size = cell * (values.shape[1] + 0.2), cell * (1.45 * len(values) + 0.1)
        top -= 0.4 + size[1]
        axes = figure.add_axes((0.1 / width, top / height, size[0] / max(width, 4.2), size[1] / height))
        squares(axes, values, values.nan_to_num().abs().max().item(), numbers=True)
        axes.set_title(f"{name}: weights from {' and '.join(network.plan.layers[name][1])}, and bias", fontsize=10)
        top -= 0.1
    return figure


def question(network: Network, person: str, relation: str) -> Figure:
    """The activities of all units for one question, as in Figure 3: inputs at the bottom, right answers framed."""
    x = torch.zeros(1, 36)
    x[0, PEOPLE.index(person)] = x[0, 24 + RELATIONS.index(relation)] = 1.0
    y = {name: y[0].float().cpu() for name, y in network.states(x.to(next(network.parameters()))).items()}
    width, height, cell = 9.0, 6.5, 0.4  # inches; every unit has a cell of the same size
    figure = Figure(figsize=(width, height), layout="none")

    def panel(values: Tensor, centre: float, bottom: float, words: str) -> Axes:
        rows, columns = values.shape
        size = (columns * cell / width, rows * cell / height)
        axes = figure.add_axes((centre / width - size[0] / 2, bottom / height, *size))
        squares(axes, values, 1.0)
        if words:
            axes.set_xlabel(words, fontsize=9)
        return axes

    panel(x[0, :24].view(2, 12), 2.9, 0.4, f"input: {person}, one of 24 people")
    panel(x[0, 24:].view(2, 6), 7.1, 0.4, f"input: has {relation}, one of 12")
    panel(y["person_code"][None], 2.9, 1.75, "code of the person")
    panel(y["relation_code"][None], 7.1, 1.75, "code of the relation")
    panel(y["central"][None], 5.0, 2.65, "12 central units")
    panel(y["penultimate"][None], 5.0, 3.5, "6 units")
    out = panel(y["person_2"].view(2, 12), 5.0, 4.55, "")
    for row, names in enumerate((ENGLISH, ITALIANS)):
        for column, name in enumerate(names):
            place = {"ha": "left", "va": "bottom", "y": -0.65} if row == 0 else {"ha": "right", "va": "top", "y": 1.65}
            out.text(column + 0.1, s=name, rotation=40, rotation_mode="anchor", fontsize=7.5, **place)
    out.set_yticks([0, 1], ["English", "Italian"], fontsize=8)
    out.tick_params(length=0)
    for answer in questions().get((person, relation), set()):
        row, column = divmod(PEOPLE.index(answer), 12)
        out.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, color=INK, lw=1.4))
    on = [PEOPLE[i] for i in (y["person_2"] > 0.5).nonzero().flatten().tolist()]
    words = f"{person}'s {relation}: {' and '.join(on) or 'no unit is above one half'}"
    figure.text(0.06, 0.95, words, fontsize=12, fontweight="bold", color=INK)
    return figure


def series(runs: Sequence[Seen], name: str) -> list[float]:
    """A list of all seeds, one after another."""
    return [v for run in runs for v in run.result["series"][name]]


def metric(runs: Sequence[Seen], name: str) -> float:
    """The mean over the seeds."""
    return sum(run.result["metrics"][name] for run in runs) / len(runs)


def solved(axes: Axes, sweeps: Sequence[float], runs: int, most: int, label: str, colour: str, **style: Any) -> None:
    """The share of runs that have solved their problem, against sweeps."""
    done = sorted(sweeps)
    xs, ys = [1, *done, most], [0, *(100 * (i + 1) / runs for i in range(len(done))), 100 * len(done) / runs]
    axes.step(xs, ys, where="post", color=colour, label=label, **style)


def symmetry(seen: Runs) -> Figure:
    """The printed weights and ours side by side, the ratios of all runs, and when the runs have solved it."""
    ours, control = seen["6-2-1"], seen["no hidden units"]
    figure = Figure(figsize=(14.5, 4.4))
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1.25, 0.8, 1.05))
    example = ours[0].result["series"]
    learned = torch.cat([torch.tensor(example["hidden weights"]), torch.tensor(example["hidden biases"])[:, None]], 1)
    rows = (
        ("printed", torch.tensor(PUBLISHED_HIDDEN), (*PUBLISHED_OUTPUT[0], PUBLISHED_OUTPUT[1])),
        ("ours, an ordinary run", learned, example["output"]),
    )
    left.suptitle("Two hidden units with opposite mirror weights", x=0.02, ha="left", fontsize=11, fontweight="bold")
    for axes, (title, hidden, output) in zip(left.subplots(2, 1), rows, strict=True):
        gap = torch.full((2, 1), torch.nan)
        shown = torch.cat([hidden[:, :6], gap, hidden[:, 6:]], 1)
        pitch = squares(axes, shown, hidden.abs().max().item(), numbers=True)
        words = f"{title}: {output[0]:.1f} and {output[1]:.1f} to the output, its bias {output[2]:.1f}"
        axes.set_title(words, fontsize=9.5, fontweight="normal")
        axes.set_xticks([*range(6), 7], [*(f"x{i}" for i in range(1, 7)), "bias"], fontsize=8)
        axes.set_yticks([0, pitch], ["hidden 1", "hidden 2"], fontsize=8)
        axes.tick_params(length=0)
    draw_ratios(middle.subplots(), ours)
    axes, runs, share = right.subplots(), 100 * len(ours), 100 * metric(ours, "solved")
    solved(axes, series(ours, "all sweeps"), runs, 6000, "6-2-1", COLOURS[0], lw=2)
    solved(axes, series(control, "all sweeps"), runs, 6000, "no hidden units", COLOURS[1], lw=2)
    axes.axvline(1425, color=INK, ls="--", lw=1)
    axes.text(1500, 12, "the paper's run: 1,425", fontsize=9, color=INK)
    axes.text(5950, share - 3, "6-2-1", color=COLOURS[0], ha="right", va="top", fontweight="bold")
    axes.text(5950, 2, "no hidden units", color=COLOURS[1], ha="right", fontweight="bold")
    axes.set(xlabel="sweeps through the 64 vectors", ylabel="runs with all 64 right (%)", ylim=(-2, 102))
    axes.set_xlim(0, 6000)
    axes.set_title(f"{share:.0f} % of {runs} runs solve it")
    return figure


def draw_ratios(axes: Axes, runs: Sequence[Seen]) -> None:
    """The middle and the largest pair of mirror weights of each solved run, as multiples of the smallest."""
    ratios = torch.tensor(series(runs, "ratios")).view(-1, 2)
    axes.plot(*ratios.T, "o", color=COLOURS[0], ms=5, alpha=0.35, mew=0)
    for name, (_, middle, largest) in CODES.items():
        share = 100 * metric(runs, name)
        axes.annotate(f"{name}\n{share:.0f} % of them", (middle, largest), xytext=(0, -14 if middle == 2 else 14),
                      textcoords="offset points", ha="center", va="top" if middle == 2 else "bottom")  # fmt: skip
    axes.plot(7.2 / 3.6, 14.2 / 3.6, "*", color=COLOURS[1], ms=12, mec="white")
    axes.annotate("the paper's", (2.0, 3.94), xytext=(10, 4), textcoords="offset points", color=COLOURS[1])
    axes.set(xlim=(1, 2.6), ylim=(1.4, 4.6), xlabel="middle pair / smallest", ylabel="largest pair / smallest")
    axes.set_title("All solutions: one of two codes")


def printed(seen: Runs) -> Figure:
    """Learning curves of the recipes: the median error over runs, and how many questions are right in the end."""
    figure = Figure(figsize=(9.4, 4.8))
    axes = figure.subplots()
    ends = []
    for number, (name, runs) in enumerate(seen.items()):
        curves = [run.result["series"]["curve"] for run in runs]
        curve = [sum(points) / len(points) for points in zip(*curves, strict=True)]
        colour = (*COLOURS, INK)[number]
        axes.plot(range(0, 10 * len(curve), 10), curve, color=colour, lw=1.8)
        ends.append([curve[-1], f"{name}: {metric(runs, 'trained'):.0f} right", colour])
    ends.sort(key=lambda end: end[0])
    place = -1e9
    for y, words, colour in ends:  # labels apart from each other
        place = max(y, place + 6)
        axes.text(1515, place, words, color=colour, fontsize=9, va="center")
    axes.set(xlim=(0, 1500), ylim=(0, 110), xlabel="sweeps", ylabel="error E of the 100 questions, median of the runs")
    axes.set_title("As printed, the family trees stay unlearned; wider first weights and a larger rate learn them")
    return figure


def generalisation(seen: Runs) -> Figure:
    """How many of four held-out questions the runs answer, arm by arm."""
    figure = Figure(figsize=(2.5 * len(seen) + 0.6, 3.6))
    right = metric(seen["same tree"], "held out")
    words = f"Questions that were held out: {right:.1f} of 4 are answered on average, all 4 in the paper's one run"
    figure.suptitle(words, x=0.01, ha="left", fontsize=11.5, fontweight="bold")
    for number, (axes, (name, runs)) in enumerate(
        zip(figure.subplots(1, len(seen), sharey=True), seen.items(), strict=True)
    ):
        held_out = series(runs, "held out runs")
        shares = [100 * sum(round(v) == k for v in held_out) / len(held_out) for k in range(5)]
        axes.bar(range(5), shares, color=COLOURS[0] if number == 0 else MUTED)
        axes.set_title(f"{name}\nmean {sum(held_out) / len(held_out):.2f} of 4", fontsize=9.5)
        axes.set(xlabel="of 4 right", xticks=range(5))
        axes.set_axisbelow(True)
        axes.grid(visible=False, axis="x")
        for k, share in enumerate(shares):
            axes.text(k, share + 1, f"{share:.0f}", ha="center", fontsize=8, color=INK)
    figure.axes[0].set_ylabel("runs (%)")
    return figure


def features(seen: Runs) -> Figure:
    """The weights of one run as in Figure 4, and how alike the English and the Italian weights are, run by run."""
    figure = Figure(figsize=(13, 5.2))
    left, right = figure.subfigures(1, 2, width_ratios=(2.5, 1))
    ours = max(seen["same tree"], key=lambda run: run.result["metrics"]["nation"])
    draw_people(
        left,
        torch.tensor(ours.result["series"]["people"]).view(6, 24),
        "One unit sees the nation, others see the two trees alike",
    )
    axes = right.subplots()
    for colour, name in ((COLOURS[0], "same tree"), (MUTED, "relations exchanged")):
        bins = [i / 10 for i in range(-10, 11)]
        axes.hist(series(seen[name], "all alike"), bins=bins, color=colour, alpha=0.75, label=name)
    axes.legend(loc="upper left", fontsize=8.5, title="Italians", alignment="left")
    axes.set(xlabel="correlation of a unit's English and Italian weights", ylabel="units, all runs")
    axes.set_title("What serves one tree serves the other")
    return figure


def race(seen: Runs, title: str, least: int, most: int) -> Figure:
    """The share of runs that have solved their problem, against sweeps on a logarithmic axis."""
    figure = Figure(figsize=(10.5, 4.4))
    axes = figure.subplots()
    for number, (name, runs) in enumerate(seen.items()):
        total = sum(run.result["metrics"]["runs"] for run in runs)
        label = f"{name}: {100 * metric(runs, 'solved'):.0f} %"
        style = {"lw": 1.8, "ls": "--" if number % 2 else "-"}
        solved(axes, series(runs, "all sweeps"), total, most, label, COLOURS[number // 2], **style)
    axes.set(xscale="log", xlim=(least, most), ylim=(-2, 102), xlabel="sweeps", ylabel="runs that have solved it (%)")
    axes.set_title(title)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9)
    return figure
