"""What a trained network says, step by step."""

from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.style import BLUE, INK


def stretch(targets: Float[Tensor, " time"], outputs: Float[Tensor, " time"]) -> Figure:
    """The first 100 steps."""
    figure = Figure(figsize=(8, 3.2))
    axes = figure.subplots()
    axes.plot(targets[:100].numpy(), color=INK, lw=1.2, label="the average")
    axes.plot(outputs[:100].numpy(), color=BLUE, lw=1.6, label="the network's output")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    axes.set(xlabel="step", ylabel="y", title="A weighted average of past and future, step by step")
    return figure
