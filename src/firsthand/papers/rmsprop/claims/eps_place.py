"""The two places of eps: beside the root, and under it."""

from functools import partial
from math import sqrt
from typing import Literal

import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, within
from firsthand.claims.bench.descent import visited
from firsthand.figures.curves import Runs, path
from firsthand.figures.style import BLUE, MUTED, RED, subplots


def eps_place(place: Literal["outside", "inside"] = "outside", eps: float = 1e-8, seed: int = 0) -> Outcome:
    """From which gradient on a weight moves at half the rate or more, with eps outside or inside the root.

    Every gradient stays the same for 200 steps; alpha is 0.9. Outside is `firsthand.optim.RMSprop`.

    Args:
        place: of eps: sqrt(s) + eps (torch), or sqrt(s + eps) (TensorFlow).
        eps: its value.
        seed: not used, nothing is random.
    """
    sizes = torch.logspace(-12, 2, 14 * 200 + 1, dtype=torch.float64)
    if place == "outside":
        rule = partial(optim.RMSprop, lr=1.0, alpha=0.9, eps=eps)
        *_, before, after = visited(rule, torch.zeros_like(sizes), lambda step, place: sizes, 200)
        step = before - after
    else:
        s = torch.zeros_like(sizes)
        for _ in range(200):
            s = 0.9 * s + 0.1 * sizes**2
        step = sizes / torch.sqrt(s + eps)
    half = sizes[(step >= 0.5).nonzero()[0, 0]].item()
    return {"half": half, "gradient": sizes[::20].tolist(), "step": step[::20].tolist()}


HALF = Measure("half", "gradient that moves at half the rate", digits=10)
OUTSIDE = {
    1e-8: Arm("outside, 1e-8 (torch)", experiment=eps_place),
    1e-3: Arm("outside, 1e-3", experiment=eps_place, overrides={"eps": 1e-3}),
}
INSIDE = {
    1e-10: Arm("inside, 1e-10 (TensorFlow)", experiment=eps_place, overrides={"place": "inside", "eps": 1e-10}),
    1e-3: Arm("inside, 1e-3", experiment=eps_place, overrides={"place": "inside", "eps": 1e-3}),
}


def figure(seen: Runs) -> Figure:
    """The step against the gradient, with eps outside and inside the root."""
    figure, axes = subplots(8.5, 4.1)
    for arms, colour in ((OUTSIDE, BLUE), (INSIDE, RED)):
        for arm, dash in zip(arms.values(), ("-", "--"), strict=True):
            path(axes, seen[arm.name], "gradient", "step", dash, color=colour, lw=1.8, label=arm.name)
    axes.axhline(0.5, color=MUTED, lw=0.8, ls=":")
    axes.set(xscale="log", xlim=(1e-11, 10), xlabel="size of a steady gradient", ylabel="step, in rates",
             title="Step under a steady gradient, by the place and the size of eps")  # fmt: skip
    axes.legend(loc="upper left")
    return figure


CLAIM = Claim(
    key="eps-place",
    kind="identity",
    statement="The same eps inside and outside the root are two rules: inside, it silences far larger gradients.",
    where="torch (outside), TensorFlow (inside); the slides have no eps",
    measures=(HALF,),
    arms=(OUTSIDE[1e-8], INSIDE[1e-10], OUTSIDE[1e-3], INSIDE[1e-3]),
    conditions=limit_from(
        "theory",
        *(within(HALF.of(arm), sqrt(eps / 3), share=0.01).saying("sqrt(eps / 3)") for eps, arm in INSIDE.items()),
        *(within(HALF.of(arm), eps, share=0.01).saying("eps") for eps, arm in OUTSIDE.items()),
    ),
    seeds=(0,),
    remark="Nothing is random, so one seed. Every gradient stays the same for 200 steps. An eps of 1e-3 inside "
    "the root is used by recipes for image networks.",
    figure=figure,
)
