"""Pictures of a training run: the gradient by lag, and the states of the network."""

import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from firsthand.figures.style import BLUE, INK, RED, subplots
from firsthand.papers.vanishing.theory import multiplier


def gradient(norms: Float[Tensor, "lags batch"], w: float | None = None) -> Figure:
    """|dC/ds_T-k| of every sequence against k, their median, and for a latch the slope mu^k of its weight."""
    figure, axes = subplots(7.4, 4)
    middle = norms.median(1).values
    axes.plot(norms[:, :40].numpy(), color=BLUE, lw=0.6, alpha=0.25)
    axes.plot(middle.numpy(), color=BLUE, lw=2.4, label="median of the sequences")
    if w is not None and w > 1:
        mu = multiplier(w)
        line = middle[0] * mu ** torch.arange(len(norms))
        axes.plot(line, color=INK, lw=1.2, ls="--", label=f"mu^k of w = {w:.2f}: mu = {mu:.2f}")
    axes.set(yscale="log", xlabel="k, steps back from the end", ylabel="|dC / ds_T-k|",
             title="Gradient of the cost at each state")  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    return figure


def memory(states: Float[Tensor, "batch time units"], classes: Int[Tensor, " batch"]) -> Figure:
    """The states of some sequences step by step, in the colours of their classes: a panel a unit, eight at most."""
    units = min(states.shape[2], 8)
    figure, *panels = subplots(max(7.4, 2.4 * units), 3.4, units, sharey=True)
    for unit, axes in enumerate(panels):
        for label, colour in ((1, BLUE), (0, RED)):
            chosen = states[classes == label][:20, :, unit]
            axes.plot(range(1, states.shape[1] + 1), chosen.t().numpy(), color=colour, lw=0.8, alpha=0.7)
        axes.set(xlabel="step", ylim=(-1.05, 1.05), title=f"state of unit {unit + 1}")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set_ylabel("state")
    return figure
