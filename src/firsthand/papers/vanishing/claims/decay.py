"""The gradient of a latched neuron, step by step."""

from math import log

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Generator

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, within
from firsthand.claims.bench.timing import slope
from firsthand.figures.curves import Runs, metric, series
from firsthand.figures.style import BLUE, GREEN, RED, subplots
from firsthand.papers.vanishing.theory import multiplier

STEPS = 60


def decay(w: float = 1.5, seed: int = 0) -> Outcome:
    """The factor a step of |dx_T/dx_0| in a latched neuron, and the share of dx_T/dw that its last ten steps make.

    Without noise, in float64, for T up to 60; the factor is fitted from T = 20 on, where the state has settled.

    Args:
        w: weight of the neuron to itself.
        seed: of where in its basin the state starts.
    """
    draw = torch.rand((), generator=Generator().manual_seed(seed), dtype=torch.float64)
    x0 = (0.1 + 0.9 * draw).requires_grad_()
    weights = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for _ in range(STEPS)]  # one w a step
    states = [x0]
    for one in weights:
        states.append(torch.tanh(one * states[-1]))
    sizes = [torch.autograd.grad(state, x0, retain_graph=True)[0].abs().item() for state in states[1:]]
    parts = torch.stack(torch.autograd.grad(states[-1], weights)).flip(0)  # what each step adds to dx_T/dw
    tail = torch.arange(20, STEPS + 1, dtype=torch.float64)
    factor = slope(tail, torch.tensor(sizes[19:], dtype=torch.float64).log())
    return {
        "factor": torch.tensor(factor).exp().item(),
        "predicted": multiplier(w),
        "slope": factor / log(multiplier(w)),
        "recent": (parts[:10].sum() / parts.sum()).item(),
        "gradient": sizes,
        "parts": parts.tolist(),
    }


FACTOR, PREDICTED = Measure("factor", "factor a step", digits=4), Measure("predicted", "mu", digits=4)
SLOPE = Measure("slope", "log factor / log mu", digits=4)
RECENT = Measure("recent", "share of dx_T/dw from the last 10 of 60 steps", digits=4)
ARMS = [Arm(f"w = {w:g}", experiment=decay, overrides={"w": w}) for w in (1.25, 1.5, 2.0)]


def figure(seen: Runs) -> Figure:
    """|dx_T/dx_0| against T beside mu^T, and what each step adds to the gradient of w; of the first seed."""
    figure, left, right = subplots(11, 4.2, 2)
    for colour, (name, runs) in zip((BLUE, RED, GREEN), seen.items(), strict=True):
        sizes, parts = series(runs, "gradient")[0], series(runs, "parts")[0]
        steps, mu = np.arange(1, STEPS + 1), metric(runs, "predicted")[0]
        left.plot(steps, sizes, "o", color=colour, ms=3.5, label=f"{name}, measured")
        left.plot(steps, sizes[-1] * mu ** (steps - STEPS), color=colour, lw=1, label=f"mu^T, mu = {mu:.3f}")
        right.plot(range(15), 100 * parts[:15] / parts.sum(), "o-", color=colour, ms=4, lw=1.4, label=name)
    left.set(yscale="log", xlabel="T", ylabel="|dx_T / dx_0|", title="Gradient at the first state")
    right.set(
        xlabel="steps before T", ylabel="share of dx_T/dw (%)", ylim=(0, None), title="Parts of the gradient of w"
    )
    left.legend()
    right.legend()
    return figure


CLAIM = Claim(
    key="decay",
    kind="identity",
    statement="In a latched neuron the gradient shrinks by mu = w (1 - x^2) a step: that of w is about the last steps.",
    where="1994: theorem 4 and its consequence",
    measures=(FACTOR, PREDICTED, SLOPE, RECENT),
    arms=tuple(ARMS),
    conditions=limit_from("theory", within(SLOPE.of(*ARMS), 1, by=0.01), RECENT.of(*ARMS) >= 0.99),
    remark="No noise; the seeds choose where in the basin the state starts. In float64: 0.166^60 is no float32. "
    "The gradient of w itself does not vanish, only its part from the distant past does: of a neuron at rest the last "
    "ten steps make 1 - mu^10.",
    figure=figure,
)
