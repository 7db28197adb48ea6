"""Gradient descent on an error with a wall, with and without clipping."""

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Generator, Tensor

from firsthand.claims import Arm, Claim, Measure, Outcome, equal, limit_from
from firsthand.figures.curves import Runs, metric, series
from firsthand.figures.dots import dots, rows
from firsthand.figures.style import BLUE, INK, RED, subplots

SHOWN = (4.9, -2.3)  # the start whose path is drawn


def cliff_error(w: Tensor, b: Tensor) -> Tensor:
    """E_50 = (sigmoid(x_50) - 0.7)^2 of x_t = w sigmoid(x_t-1) + b from x_0 = 0.5. Source: Pascanu et al., figure 6."""
    x = torch.full_like(w, 0.5)
    for _ in range(50):
        x = w * torch.sigmoid(x) + b
    return (torch.sigmoid(x) - 0.7).square()


def cliff(lr: float = 0.1, clip: float | None = None, runs: int = 400, updates: int = 1000, seed: int = 0) -> Outcome:
    """How many descents on the error of figure 6 end below 0.001, their longest step, and how many leave the region.

    They start at random in 4 <= w <= 8, -4 <= b <= -1; one more always at the same place, whose path is kept.

    Args:
        lr: learning rate.
        clip: largest norm of the gradient of w and b; None: as long as it is.
        runs: descents with a start of their own.
        updates: steps of each.
        seed: of the starts.
    """
    draws = torch.rand(2, runs, generator=Generator().manual_seed(seed), dtype=torch.float64)
    shown = torch.tensor(SHOWN, dtype=torch.float64)[:, None]
    place = torch.cat([torch.stack([4 + 4 * draws[0], -4 + 3 * draws[1]]), shown], 1).requires_grad_()
    longest, left, path = torch.zeros(()), torch.zeros(runs, dtype=torch.bool), [place[:, -1].tolist()]
    for _ in range(updates):
        (gradient,) = torch.autograd.grad(cliff_error(*place).sum(), place)
        if clip is not None:  # one norm over both parameters of a run
            gradient = gradient * (clip / torch.linalg.vector_norm(gradient, dim=0)).clamp(max=1.0)
        with torch.no_grad():
            place -= lr * gradient
        longest = torch.maximum(longest, lr * torch.linalg.vector_norm(gradient[:, :-1], dim=0).max())
        left |= (place[:, :-1].abs() > 20).any(0)
        path.append(place[:, -1].tolist())
    solved = cliff_error(*place[:, :-1].detach()) < 0.001
    w, b = (list(values) for values in zip(*path, strict=True))
    arrived, thrown = (share.double().mean().item() for share in (solved, left))
    return {"arrived": arrived, "jump": longest.item(), "thrown": thrown, "path w": w, "path b": b}


SOLVED = Measure("arrived", "share that ends with E < 0.001", digits=2)
LONGEST = Measure("jump", "longest step", digits=2)
LEFT = Measure("thrown", "share that leaves the box from -20 to 20")


def descent(rate: float, clip: float | None = None) -> Arm:
    """The arm of a learning rate."""
    words = "" if clip is None else f", clipped at {clip:g}"
    return Arm(f"rate {rate:g}{words}", experiment=cliff, overrides={"lr": rate} | ({"clip": clip} if clip else {}))


LOW, MIDDLE, HIGH = descent(0.01), descent(0.1), descent(1.0)
CLIPPED = descent(0.01, 1.0), descent(0.1, 1.0), descent(1.0, 1.0), descent(1.0, 0.1)


def figure(seen: Runs) -> Figure:
    """The error's surface with a path that meets the wall, with and without clipping; and how many descents succeed."""
    figure, left, right = subplots(11.8, 4.6, 2, width_ratios=(1.25, 1))
    w, b = np.meshgrid(np.linspace(3.5, 8.5, 400), np.linspace(-4.6, -0.4, 400))
    height = cliff_error(torch.from_numpy(w), torch.from_numpy(b)).sqrt().numpy()
    left.pcolormesh(w, b, height, cmap="Greys", vmin=0, vmax=0.9, shading="auto", rasterized=True)
    for arm, colour in ((MIDDLE, RED), (CLIPPED[1], BLUE)):
        (x, *_), (y, *_) = (series(seen[arm.name], f"path {axis}") for axis in "wb")
        left.plot(x, y, "-", color=colour, lw=1.6, label=arm.name)
        left.plot(x[-1], y[-1], "o", color=colour, ms=8)
    left.plot(*SHOWN, "s", color=INK, ms=6, label="start")
    left.set(xlim=(3.5, 8.5), ylim=(-4.6, -0.4), xlabel="w", ylabel="b", title="Two descents on E_50 (white: 0)")
    left.grid(False)
    left.legend(loc="upper right", frameon=True, framealpha=0.9, edgecolor="none")
    for row, (name, runs) in enumerate(seen.items()):
        dots(right, row, 100 * np.array(metric(runs, SOLVED.name)), BLUE if "clipped" in name else RED)
    rows(right, list(seen))
    right.set(xlim=(0, 101), xlabel="descents that end with E < 0.001 (%)")
    return figure


CLAIM = Claim(
    key="cliff",
    kind="the paper's statement",
    statement="Where the error has a wall, one step of gradient descent may undo the others; clipped, more succeed.",
    where="2013: sec. 2.3, figure 6, algorithm 1",
    measures=(SOLVED, LONGEST, LEFT),
    arms=(LOW, CLIPPED[0], MIDDLE, CLIPPED[1], HIGH, *CLIPPED[2:]),
    conditions=(
        *limit_from("pilot", SOLVED.of(CLIPPED[1]) >= 2 * SOLVED.of(MIDDLE), equal(LEFT.of(*CLIPPED), 0)),
        LEFT.of(MIDDLE, HIGH) > 0,
    ),
    remark="One unit, E = (sigmoid(x_50) - 0.7)^2 with x_t = w sigmoid(x_t-1) + b; 400 starts in 4 <= w <= 8, "
    "-4 <= b <= -1, 1,000 steps each. The paper draws the surface and counts nothing; the factor of two comes from a "
    "pilot run.",
    figure=figure,
)
