"""Nesterov's look-ahead as a smaller momentum in steep directions."""

from math import cos, pi, sin
from typing import Literal

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome, equal
from firsthand.figures.curves import Runs, series
from firsthand.figures.style import BLUE, INK, MUTED, RED, subplots


def look_ahead(method: Literal["cm", "nag", "cm-per-direction"] = "nag", seed: int = 0) -> Outcome:
    """How far a rule's path in a valley of curvatures 1 and 100 lies from Nesterov's, and when its bouncing ends.

    The rate is 0.005, so that eps lambda is 0.5 across the valley and 0.005 along it, and mu is 0.9.

    Args:
        method: classical momentum, Nesterov's, or classical momentum with mu (1 - eps lambda) in each direction.
        seed: of the valley's direction.
    """
    rate, mu, curvatures = 0.005, 0.9, torch.tensor([1.0, 100.0], dtype=torch.float64)
    angle = 2 * pi * torch.rand((), generator=torch.Generator().manual_seed(seed), dtype=torch.float64).item()
    axes = torch.tensor([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]], dtype=torch.float64)  # columns
    start = axes @ torch.tensor([10.0, 1.0], dtype=torch.float64)

    def path(method: str, steps: int = 400) -> Tensor:
        """theta_0, theta_1, ... (steps + 1, 2)."""
        turned = method == "cm-per-direction"  # walks along the axes, each with its momentum, and is turned at the end
        x = [p.clone().requires_grad_() for p in ((axes.t() @ start).split(1) if turned else [start])]
        momenta = [mu * (1 - rate * c.item()) for c in curvatures] if turned else [mu]
        groups = [{"params": [p], "momentum": m} for p, m in zip(x, momenta, strict=True)]
        rule = optim.SGD(groups, lr=rate, momentum=mu, nesterov=method == "nag")
        places = [start]
        for _ in range(steps):
            place = torch.cat([p.detach() for p in x])
            slope = curvatures * place if turned else axes @ (curvatures * (axes.t() @ place))
            for p, g in zip(x, slope.split([len(p) for p in x]), strict=True):
                p.grad = g.clone()
            rule.step()
            place = torch.cat([p.detach() for p in x])
            if method == "nag":  # the rule stores theta + mu v, and v is -rate times the buffer
                place = place + mu * rate * rule.state[x[0]]["momentum_buffer"]
            places.append(axes @ place if turned else place)
        return torch.stack(places)

    ours, nag = path(method), path("nag")
    along, across = (ours @ axes).unbind(1)
    return {
        "distance": (ours - nag).norm(dim=1).max().item(),
        "settled": int((across.abs() > 1e-6).nonzero().max()) + 1,
        "along": along[:61].tolist(),
        "across": across[:61].tolist(),
    }


DISTANCE = Measure("distance", "largest distance from Nesterov's path", digits=15)
SETTLED = Measure("settled", "steps until the bouncing is below 1e-6", digits=0)
CM = Arm("CM", experiment=look_ahead, overrides={"method": "cm"})
NAG = Arm("NAG", experiment=look_ahead, overrides={"method": "nag"})
PER_DIRECTION = Arm("CM, mu (1 - eps lambda)", experiment=look_ahead, overrides={"method": "cm-per-direction"})


def figure(seen: Runs) -> Figure:
    """The paths in the valley, and the coordinate across it step by step; one seed, for the others only turn it."""
    figure, left, right = subplots(11, 4, 2, width_ratios=(1.2, 1))
    xs, ys = np.linspace(-6, 11, 200), np.linspace(-1.2, 1.2, 200)
    heights = (xs[None] ** 2 + 100 * ys[:, None] ** 2) / 2
    left.contour(xs, ys, heights, levels=np.array([0.3, 2, 6, 15, 30, 55, 90]), colors=MUTED, linewidths=0.5)
    for arm, colour, line, width in ((CM, RED, "-", 1.2), (NAG, BLUE, "-", 2.6), (PER_DIRECTION, INK, ":", 1.6)):
        along, across = (series(seen[arm.name], name)[0] for name in ("along", "across"))
        for axes, x in ((left, along), (right, range(len(across)))):
            axes.plot(x, across, line, color=colour, lw=width, label=arm.name)
    left.plot(0, 0, "*", color=INK, ms=10)
    left.set(xlabel="along the valley (curvature 1)", ylabel="across it (curvature 100)",
             xlim=(-6, 11), ylim=(-1.2, 1.2), title="The paths of theta")  # fmt: skip
    left.grid(False)
    right.set(xlabel="step", ylabel="across the valley", title="The coordinate across the valley")
    right.legend(loc="upper right")
    return figure


CLAIM = Claim(
    key="look-ahead",
    kind="identity",
    statement="On a quadratic Nesterov's method is classical momentum with mu (1 - eps lambda) in each direction.",
    where="Sutskever et al., theorem 2.1",
    measures=(DISTANCE, SETTLED),
    arms=(CM, NAG, PER_DIRECTION),
    conditions=(
        equal(DISTANCE.of(PER_DIRECTION), 0, to=1e-12),
        (DISTANCE.of(CM) > 0.1).saying("with the same mu everywhere it is another path"),
        4 * SETTLED.of(NAG) <= SETTLED.of(CM),
    ),
    remark="Curvatures 1 and 100, rate 0.005, mu 0.9: across the valley the momentum is 0.9 (1 - 0.5) = 0.45, "
    "along it 0.8955. The seeds turn the valley. Compared are the points theta of equations 3 and 4, not the "
    "look-ahead points that the rule stores.",
    figure=figure,
)
