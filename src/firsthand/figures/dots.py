"""The general figure of a claim: every seed's number, our mean, and the paper's number, arm by arm."""

from statistics import mean
from typing import Any

from matplotlib.figure import Figure

from firsthand.figures.style import COLOURS, heading, plain


def picture(claim: dict[str, Any]) -> Figure:
    """A panel for each measure that is not one number throughout; arms from top to bottom in the claim's order.

    Numbers of parameters stand in the table alone: on an axis of their own, nearly equal ones would look far apart.
    """
    arms = claim["arms"]
    source = "source" if claim["kind"] == "a secondary number" else "paper"
    found = {m["name"]: {v for arm in arms for v in (*arm["ours"][m["name"]], arm["paper"].get(m["name"]))} - {None}
             for m in claim["measures"]}  # fmt: skip
    measures = [m for m in claim["measures"] if len(found[m["name"]]) != 1 and m["name"] != "params"] or claim[
        "measures"
    ]
    figure = Figure(figsize=(4.6 * len(measures) + 1.2, 1.5 + 0.42 * len(arms)))
    panels = figure.subplots(1, len(measures), squeeze=False, sharey=True)[0]
    for axes, measure in zip(panels, measures, strict=True):
        for row, arm in enumerate(arms):
            values = [v for v in arm["ours"][measure["name"]] if v is not None]
            first = row == 0
            axes.plot(
                values,
                [row] * len(values),
                "o",
                color=COLOURS[0],
                alpha=0.5,
                ms=5,
                label="ours, each seed" if first else None,
            )
            if values and len(values) == len(arm["ours"][measure["name"]]):
                axes.plot(
                    [mean(values)], [row], "|", color=COLOURS[0], ms=18, mew=2, label="ours, mean" if first else None
                )
            if measure["name"] in arm["paper"]:
                axes.plot([arm["paper"][measure["name"]]], [row], "D", color=COLOURS[1], ms=6, mfc="none", mew=1.6)
        if any(measure["name"] in arm["paper"] for arm in arms):
            axes.plot([], [], "D", color=COLOURS[1], ms=6, mfc="none", mew=1.6, label=source)
        axes.set_yticks(range(len(arms)), [arm["name"] for arm in arms])
        axes.set_ylim(len(arms) - 0.4, -0.6)
        axes.set_xlabel(measure["label"])
        numbers = found[measure["name"]]
        if numbers and min(numbers) > 0 and max(numbers) > 20 * min(numbers):
            axes.set_xscale("log")
            plain(axes.xaxis)
    max(panels, key=lambda axes: len(axes.get_legend_handles_labels()[0])).legend(fontsize=8, loc="best")
    heading(figure, f"{claim['key']}: {claim['verdict']}")
    return figure
