"""The losses of several runs in one figure."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from matplotlib.figure import Figure

from firsthand.errors import UserError
from firsthand.train.figures import COLOURS, INK, apart
from firsthand.train.folder import RunFolder
from firsthand.train.recipe import flat


def curves(
    folders: Sequence[RunFolder], against: Literal["seconds", "steps"] = "seconds", title: str | None = None
) -> Figure:
    """Validation loss against seconds of training or steps; runs that differ in their seed alone share a colour.

    Raises UserError where runs have no validation loss, or learned from different data.
    """
    data = {folder.config["data"] for folder in folders}
    if len(data) > 1:
        raise UserError(f"Losses on different data cannot be compared: these are on {', '.join(sorted(data))}.")
    groups: dict[str, list[list[tuple[int | float, float]]]] = defaultdict(list)
    for folder in folders:
        points = points_of(folder, against)
        if not points:
            raise UserError(f"{folder.path} has no validation loss yet; compare it when it has trained a while.")
        groups[label(folder, folders)].append(points)
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    ends = []
    for number, (name, members) in enumerate(groups.items()):
        colour = COLOURS[number % len(COLOURS)]
        for points in members:
            axes.plot(*zip(*points, strict=True), color=colour, lw=1.5, alpha=0.85)
        last = max(points[-1] for points in members)
        best = sum(min(loss for _, loss in points) for points in members) / len(members)
        ends.append((last, f"{name}  {best:.3f}", colour))
    losses = sorted(loss for members in groups.values() for points in members for _, loss in points)
    lowest, typical = losses[0], losses[len(losses) // 2]
    top = max(typical + 3 * (typical - lowest), 1.02 * max(y for (_, y), *_ in ends))
    axes.set_ylim(lowest - 0.1 * (typical - lowest), top)
    heights = apart([y for (_, y), *_ in ends], (top - lowest) / 20)
    for ((x, _), text, colour), y in zip(ends, heights, strict=True):
        axes.annotate(text, (x, y), xytext=(6, 0), textcoords="offset points", color=colour, va="center", fontsize=9)
    axes.margins(x=0.02)
    lengths = [x for (x, _), *_ in ends]
    if wide := max(lengths) > 8 * min(lengths):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(right=axes.get_xlim()[1] * (4 if wide else 1.25))
    axes.set(xlabel="seconds of training" if against == "seconds" else "steps", ylabel="validation loss (nats)")
    axes.set_title(title or f"{data.pop()}: which learns fastest? (lowest loss beside each)", color=INK)
    return figure


def points_of(folder: RunFolder, against: Literal["seconds", "steps"]) -> list[tuple[int | float, float]]:
    """Where the run stood at every evaluation: (seconds or steps, validation loss)."""
    seconds = {row["step"]: row["seconds"] for row in folder.times}
    return [
        (seconds[row["step"]] if against == "seconds" else row["step"], row["val_loss"])
        for row in folder.metrics
        if row.get("val_loss") is not None
    ]


def label(folder: RunFolder, folders: Sequence[RunFolder]) -> str:
    """The paper's key, with the preset and the recipe's fields in which runs of this paper differ, but for the seed."""
    same = [other.config for other in folders if other.config["paper"] == folder.config["paper"]]
    words = [folder.config["paper"]]
    if len({config["preset"] for config in same}) > 1:
        words.append(folder.config["preset"])
    else:
        recipes = [flat(config["recipe"]) for config in same]
        mine = flat(folder.config["recipe"])
        differ = (name for name in mine if name != "seed" and any(r.get(name) != mine[name] for r in recipes))
        words += [f"{name.rpartition('.')[2]} {mine[name]}" for name in differ]
    return ", ".join(words)
