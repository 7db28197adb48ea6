"""Figures of a training run, from the rows that it wrote down: loss curves, the range test, the network's health."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from firsthand.figures.style import COLOURS, INK, MUTED, legend, plain

Rows = Sequence[Mapping[str, Any]]  # of metrics.jsonl, or of diagnostics.jsonl


def loss_curve(rows: Rows, title: str) -> Figure:
    """Training loss (mean since the row before) and validation loss against steps."""
    figure = Figure(figsize=(7, 3.6))
    axes = figure.subplots()
    for name, label, style in (
        ("loss", "training", {"lw": 1, "alpha": 0.6}),
        ("val_loss", "validation", {"marker": "o", "ms": 3}),
    ):
        points = [(row["step"], row[name]) for row in rows if row.get(name) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), label=label, **style)
    axes.set(xlabel="step", ylabel="loss", title=title)
    first = [row["loss"] for row in rows if row.get("loss") is not None]
    if first and min(first) > 0 and max(first) > 8 * min(first):
        axes.set_yscale("log")
        plain(axes.yaxis)
    legend(axes)
    return figure


def range_test(rows: Rows) -> Figure:
    """Loss against learning rate while the rate grows exponentially; the steepest fall is marked.

    Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", sec. 3.3.
    """
    points = [(row["lr"], row["loss"]) for row in rows if row.get("loss") is not None]
    rates, losses = (list(column) for column in zip(*points, strict=True))
    figure = Figure(figsize=(7, 3.6))
    axes = figure.subplots()
    axes.plot(rates, losses, marker="o", ms=3)
    axes.set_xscale("log")
    margin = 0.1 + 0.05 * losses[0]  # visible beside a loss of any size
    axes.set_ylim(min(losses) - margin, min(max(losses), losses[0] + (losses[0] - min(losses)) * 0.5) + margin)
    reach = max(len(losses) // 12, 1)  # points on either side that the noise is averaged over
    if len(losses) > 4 * reach:
        smooth = [sum(losses[i : i + 2 * reach + 1]) / (2 * reach + 1) for i in range(len(losses) - 2 * reach)]
        falls = [after - before for before, after in zip(smooth, smooth[2 * reach :], strict=False)]
        steepest = rates[2 * reach + falls.index(min(falls))]
        axes.axvline(steepest, color=COLOURS[1], ls="--", lw=1, label=f"falls fastest near {steepest:.2g}")
        axes.axvline(rates[losses.index(min(losses))], color=MUTED, ls=":", lw=1, label="lowest loss")
        axes.legend()
    axes.set(xlabel="learning rate", ylabel="loss", title="Learning-rate range test")
    return figure


def health(rows: Rows) -> Iterator[tuple[str, Figure]]:
    """Histograms of activations and gradients at the first and last record; saturation and update ratios over time."""
    for kind in ("activation", "gradient"):
        figure = Figure(figsize=(9, 3.4))
        for axes, row in zip(figure.subplots(1, 2), (rows[0], rows[-1]), strict=True):
            for entry in row["layers"]:
                if kind in entry and sum(entry[kind]["histogram"]):  # a diverged layer has nothing to show
                    stats = entry[kind]
                    edges = [
                        stats["reach"] * (2 * (i + 0.5) / len(stats["histogram"]) - 1)
                        for i in range(len(stats["histogram"]))
                    ]
                    area = sum(stats["histogram"]) * 2 * stats["reach"] / len(stats["histogram"])
                    label = entry["name"] + ("" if stats["std"] is None else f"  std {stats['std']:.2g}")
                    if kind == "activation" and "saturation" in entry:
                        label += f", {100 * entry['saturation']:.1f} % saturated"
                    axes.plot(edges, [count / area for count in stats["histogram"]], lw=1.2, label=label)
            axes.set(title=f"{kind}s at step {row['step']}", xlabel=kind, ylabel="density")
            legend(axes, fontsize=7)
        yield f"{kind}s", figure
    figure = Figure(figsize=(9, 3.4))
    left, right = figure.subplots(1, 2)
    steps = [row["step"] for row in rows]
    for index, entry in enumerate(rows[0]["layers"]):
        if "saturation" in entry:
            left.plot(steps, [100 * row["layers"][index]["saturation"] for row in rows], label=entry["name"])
    left.set(title="saturation", xlabel="step", ylabel="units beyond the linear range (%)")
    for index, entry in enumerate(rows[0]["weights"]):
        right.plot(steps, [row["weights"][index]["update_ratio"] for row in rows], label=entry["name"])
    right.axhline(1e-3, color=INK, lw=0.8, ls="--")
    right.set(title="update / weight (dashed: 1e-3)", xlabel="step", ylabel="std ratio", yscale="log")
    for axes in (left, right):
        legend(axes, fontsize=7)
    yield "health", figure
