"""Pictures of weights and activities as the paper draws them: squares for numbers."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.patches import Rectangle
from torch import Tensor

from firsthand.figures.style import BLUE, INK, MUTED, RED
from firsthand.papers.backprop.facts import ENGLISH, ITALIANS, PEOPLE, RELATIONS, relatives
from firsthand.papers.backprop.model import Network


def squares(
    axes: Axes,
    values: Float[Tensor, "rows columns"],
    reach: float,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    numbers: bool = False,
) -> None:
    """A square for each value, its area in proportion: blue is plus, red is minus, `reach` fills a place of 1 by 1.

    `rows` and `columns` are their names; `numbers` are written below the squares.
    """
    pitch = 1.5 if numbers else 1.0
    for (row, column), v in np.ndenumerate(values.numpy()):
        y, side = row * pitch, 0.92 * sqrt(min(abs(v) / reach, 1.0))
        corner = column - side / 2, y - side / 2
        axes.add_patch(Rectangle(corner, side, side, color=BLUE if v > 0 else RED, lw=0))
        if numbers:
            axes.text(column, y + 0.72, f"{round(float(v), 1) + 0.0:.1f}", ha="center", va="center", fontsize=9)
    bottom = (len(values) - 1) * pitch + (1.0 if numbers else 0.6)
    axes.set(xlim=(-0.6, values.shape[1] - 0.4), ylim=(bottom, -0.6), aspect="equal")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks([pitch * row for row in range(len(rows))], rows)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set(visible=True, color=MUTED, linewidth=0.6)


def named(axes: Axes, english: bool = True, italian: bool = True) -> None:
    """English names above two rows of people, those of the Italians in the same places below."""
    axes.set_yticks([0, 1], ["English", "Italian"])
    axes.set_xticks(range(12), ITALIANS if italian else [""] * 12, rotation=90)
    if english:
        axes.secondary_xaxis("top").set_xticks(range(12), ENGLISH, rotation=90)


def people(weights: Float[Tensor, "6 24"], figure: FigureBase | None = None) -> FigureBase:
    """What each of six units sees in the 24 people, as in Figure 4."""
    figure = figure or Figure(figsize=(9.6, 5.2))
    for unit, axes in enumerate(figure.subplots(3, 2).flat):
        squares(axes, weights[unit].view(2, 12), weights.abs().max().item())
        named(axes, english=unit < 2, italian=unit > 3)
        axes.set_title(f"unit {unit + 1}")
    return figure


def weights(network: Network) -> Figure:
    """Every layer's weights, a row a unit, its bias last; the output layer on top."""
    layers = dict(reversed(network.layers.items()))
    figure = Figure(figsize=(7, sum(0.9 * len(layer.bias) + 0.8 for layer in layers.values())))
    panels = figure.subplots(len(layers), 1, height_ratios=[len(layer.bias) for layer in layers.values()])
    for axes, (name, layer) in zip(panels, layers.items(), strict=True):
        values = torch.cat([layer.weight, layer.bias[:, None]], 1).detach().float().cpu()
        squares(axes, values, values.abs().max().item(), columns=[*" " * layer.weight.shape[1], "bias"], numbers=True)
        axes.set_title(f"{name}: weights from {' and '.join(network.plan.layers[name][1])}, and bias")
    return figure


def question(network: Network, person: str, relation: str) -> Figure:
    """The activities of all units for one question, as in Figure 3: inputs at the bottom, right answers framed."""
    x = torch.zeros(1, 36)
    x[0, PEOPLE.index(person)] = x[0, 24 + RELATIONS.index(relation)] = 1.0
    y = {name: y.float().cpu() for name, y in network.states(x.to(next(network.parameters()))).items()}
    y |= {"person_2": y["person_2"].view(2, 12), "person": x[0, :24].view(2, 12), "has": x[0, 24:].view(1, 12)}
    figure = Figure(figsize=(9, 8))
    rows = "person_2", "penultimate", "central", ("person_code", "relation_code"), ("person", "has")
    layout = [[row] * 2 if isinstance(row, str) else row for row in rows]
    for name, axes in figure.subplot_mosaic(layout, height_ratios=(4, 1, 1, 1, 2)).items():
        squares(axes, y[name], 1.0)
        axes.set_xlabel({"person": f"person: {person}", "has": f"has: {relation}"}.get(name, name.replace("_", " ")))
        if name == "person_2":
            named(axes)
            for answer in relatives(person, relation):
                row, column = divmod(PEOPLE.index(answer), 12)
                axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, color=INK, lw=1.4))
    on = [PEOPLE[i] for i in (y["person_2"].flatten() > 0.5).nonzero().flatten().tolist()]
    figure.suptitle(f"{person}'s {relation}: {' and '.join(on) or 'no unit is above one half'}", fontweight="bold")
    return figure
