"""Pictures of what the hidden units look for."""

from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.images import show
from firsthand.figures.style import subplots


def features(weight: Float[Tensor, "units 784"]) -> Figure:
    """The incoming weights of the first 64 units, as in Figure 7."""
    figure, axes = subplots(9.6, 5)
    tiles(axes, weight[:64], columns=16)
    axes.set_title("Weights into 64 units of the first layer: plus is blue, minus is red")
    return figure


def tiles(axes: Axes, weight: Float[Tensor, "units 784"], columns: int) -> None:
    """Incoming weights side by side in one image, which is quick to draw, each unit with its own scale."""
    weight = weight[: len(weight) // columns * columns].unflatten(1, (28, 28))
    weight = weight / weight.abs().amax((1, 2), keepdim=True).clamp(min=1e-12)
    padded = weight.new_zeros(len(weight), 30, 30)
    padded[:, 1:29, 1:29] = weight
    show(axes, padded.unflatten(0, (-1, columns)).transpose(1, 2).flatten(2, 3).flatten(0, 1), signed=True)
