"""The figure of a finished run on sounds."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from firsthand.figures.style import BLUE, INK, MUTED, RED


def continued(sounds: Sequence[np.ndarray], given: int, rate: int) -> Figure:
    """A held-out sound, and how the network goes on from its beginning, draw by draw."""
    figure = Figure(figsize=(9, 1.7 * len(sounds)))
    top = 1.1 * max(np.abs(sound).max() for sound in sounds) + 1e-3
    for number, (axes, sound) in enumerate(zip(figure.subplots(len(sounds), 1, sharex=True), sounds, strict=True)):
        t = 1000 * np.arange(len(sound)) / rate
        axes.plot(t[:given], sound[:given], color=MUTED, lw=1)
        axes.plot(t[given - 1 :], sound[given - 1 :], color=RED if number else BLUE, lw=1)
        axes.axvline(1000 * given / rate, color=INK, lw=0.8, ls="--")
        axes.set(ylim=(-top, top), title=f"the network, draw {number}" if number else "the sound itself")
    axes.set_xlabel("milliseconds; grey: what the network is given")
    return figure
