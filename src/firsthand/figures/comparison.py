"""Losses of runs beside one another, each line named at its end."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from firsthand.figures.style import COLOURS, INK, MUTED, apart

Points = list[tuple[int | float, float]]  # (seconds or steps, validation loss)


def losses(groups: Mapping[str, Sequence[Points]], along: str, title: str, differ: Sequence[str] = ()) -> Figure:
    """Validation losses, label -> its runs in one colour; `differ` names the options in which they differ."""
    figure = Figure(figsize=(8, 4.4))
    axes = figure.subplots()
    ends = []
    if differ:
        named = ", ".join(differ[:6]) + (f" and {len(differ) - 6} more" if len(differ) > 6 else "")
        figure.supxlabel(f"The runs also differ in: {named}.", x=0.01, ha="left", fontsize=8, color=MUTED)
    for number, (name, members) in enumerate(groups.items()):
        colour = COLOURS[number % len(COLOURS)]
        for points in members:
            dots = {"marker": "o", "ms": 3} if len(points) < 5 else {}
            axes.plot(*zip(*points, strict=True), color=colour, lw=1.5, alpha=0.85, **dots)
        last = max(points[-1] for points in members)
        best = sum(min(loss for _, loss in points) for points in members) / len(members)
        ends.append((last, f"{name}  {best:.3f}", colour))
    found = sorted(loss for members in groups.values() for points in members for _, loss in points)
    lowest, typical = found[0], found[len(found) // 2]
    # The first losses of a long run may lie above the frame; a short run is seen whole.
    seen = max(y for members in groups.values() for points in members for _, y in points[(len(points) - 1) // 8 :])
    top = min(found[-1], max(typical + 3 * (typical - lowest), seen))
    if 0 < 8 * lowest < top:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_ylim(lowest * 0.9, top * 1.1)
        heights = [10**y for y in apart([math.log10(y) for (_, y), *_ in ends], math.log10(top / lowest) / 18)]
    else:
        room = (top - lowest or abs(top) or 1) / 20
        axes.set_ylim(lowest - room, top + room)
        heights = apart([y for (_, y), *_ in ends], room)
    for ((x, _), text, colour), y in zip(ends, heights, strict=True):
        place = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "fontsize": 9}
        axes.annotate(text, (x, y), color=colour, parse_math=False, annotation_clip=False, **place)
    axes.margins(x=0.02)
    lengths = [x for (x, _), *_ in ends]
    if wide := max(lengths) > 8 * min(lengths) > 0:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(right=axes.get_xlim()[1] * (4 if wide else 1.25))
    axes.set(xlabel=along, ylabel="validation loss (nats)")
    axes.set_title(title, color=INK, parse_math=False)
    return figure
