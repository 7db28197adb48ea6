"""Figure 4: neighbours in the plane of two latents look alike."""

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, limit_from
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import heading, subplots
from firsthand.papers.vae.pictures import tiles
from firsthand.papers.vae.planes import KEPT, two_latents

ROUGH = Measure("roughness", "difference of neighbours over that of random pairs")
BOUND = Measure("bound", "test bound (nats)", digits=1)
EARLY = Arm("after 300 steps", experiment=two_latents, overrides={"steps": 300})
LATER = Arm("after 3,000 steps", experiment=two_latents)


def figure(seen: Runs) -> Figure:
    """The plane of every seed after training."""
    runs = seen[LATER.name]
    figure, *panels = subplots(4.2 * len(runs), 4.4, len(runs))
    for axes, run, pixels in zip(panels, runs, series(runs, "plane"), strict=True):
        pictures = torch.from_numpy(np.asarray(pixels, dtype=np.float32) / 100).view(KEPT * KEPT, 1, 28, 28)
        tiles(axes, pictures, KEPT)
        axes.set_title(f"seed {run.seed}", fontweight="normal")
    heading(figure, "The plane of two latents: squares of equal probability, decoded at their centres")
    return figure


CLAIM = Claim(
    key="plane",
    kind="the paper's statement",
    statement="With two latents the plane is a map of the digits on which neighbours morph into one another.",
    where="sec. 5, fig. 4; app. A",
    measures=(ROUGH, BOUND),
    arms=(EARLY, LATER),
    conditions=limit_from("ours", ROUGH.of(LATER) < 1 / 3, BOUND.of(LATER) > BOUND.of(EARLY)),
    seeds=(3, 4, 5),
    remark="Networks of 200 units, trained with Adam (preset `plane`); the ratio is measured on 20 by 20 pictures, a "
    "third is ours. It is a weak test: a decoder with small weights is smooth whatever it has learned, and after 300 "
    "steps, when it knows few digits, the plane is smoother still. What the claim is about, that the plane is a map "
    "of the digits, is for the figure to show.",
    figure=figure,
)
