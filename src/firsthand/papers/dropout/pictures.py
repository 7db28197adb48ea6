"""Pictures of what the hidden units look for and how often they answer."""

from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.images import gallery


def features(weight: Float[Tensor, "units 784"], units: int = 64) -> Figure:
    """The incoming weights of the first units, each with its own scale: plus is blue, minus is red, as in Figure 7."""
    return gallery(weight[:units].unflatten(1, (28, 28)), columns=16, signed=True, scale=0.6)
