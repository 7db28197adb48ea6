"""Regret under its bound, digit by digit."""

from math import sqrt
from typing import Literal

import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.data.specs import Images
from firsthand.figures.curves import Runs, path
from firsthand.figures.style import COLOURS, subplots
from firsthand.nn import log_softmax, softmax


def regret(method: Literal["AdaGrad", "one rate"] = "AdaGrad", shorter: float = 1.0, seed: int = 0) -> Outcome:
    """Regret of softmax regression on 1,437 digits, one at a time, weights in the box from -1 to 1, and its bound.

    Regret is the loss on the way minus that of the best fixed weights in the box. "share" is the largest share of the
    bound that it ever reaches. With eta = c D / sqrt(2) the bound is (1/c + c) D / sqrt(2) times the sum over the
    coordinates of ||g_(1:T,i)||, D = D_inf = 2; with one rate, times the root of the sum of all squares, D = D_2.

    Args:
        method: a rate for each coordinate, or one for all, which has the squares of all coordinates in its root.
        shorter: by what the steps are shorter than those with the least bound, 1/c.
        seed: of the order.
    """
    images, labels = Images("digits").load().train
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    z = torch.cat([images.flatten(1).double() / 255, torch.ones(len(images), 1, dtype=torch.float64)], 1)[order]
    y = labels[order]
    x = torch.zeros(10, z.shape[1], dtype=torch.float64)
    squares, losses, bounds = torch.zeros_like(x), [], []
    own = method == "AdaGrad"  # a rate for each coordinate
    reach = 2.0 if own else 2 * sqrt(x.numel())  # D_inf, D_2 of the box
    eta, factor = reach / sqrt(2) / shorter, (shorter + 1 / shorter) * reach / sqrt(2)
    for row, target in zip(z, y.tolist(), strict=True):
        logits = x @ row
        losses.append(-log_softmax(logits)[target].item())
        g = torch.outer(softmax(logits) - torch.eye(10, dtype=torch.float64)[target], row)
        squares += g * g if own else (g * g).sum()
        roots = squares.sqrt()
        bounds.append(factor * (roots.sum() if own else roots[0, 0]).item())
        x = (x - eta * g / roots.clamp(min=1e-300)).clamp(-1, 1)  # clipping is the projection, as the box has axes
    best = -log_softmax(z @ best_fixed(z, y).T).gather(1, y[:, None]).squeeze(1)
    regrets = (torch.tensor(losses, dtype=torch.float64).cumsum(0) - best.cumsum(0)).tolist()
    marks = sorted({int(10 ** (n / 12)) for n in range(100) if 10 ** (n / 12) <= len(z)} | {len(z)})
    return {
        "regret": regrets[-1],
        "bound": bounds[-1],
        "share": max(regret / bound for regret, bound in zip(regrets, bounds, strict=True)),
        "best": best.sum().item(),
        "round": marks,
        "regrets": [regrets[t - 1] for t in marks],
        "bounds": [bounds[t - 1] for t in marks],
    }


def best_fixed(
    z: Float[Tensor, "examples inputs"], y: Int[Tensor, " examples"], steps: int = 1500
) -> Float[Tensor, "classes inputs"]:
    """The weights in the box from -1 to 1 with the least sum of losses, by accelerated projected gradient descent.

    The step is one over the largest curvature: half the largest squared singular value of z.
    """
    target = torch.eye(10, dtype=z.dtype)[y]
    rate = 2 / torch.linalg.matrix_norm(z, 2).item() ** 2
    x = ahead = torch.zeros(10, z.shape[1], dtype=z.dtype)
    for t in range(1, steps + 1):
        gradient = (softmax(z @ ahead.T) - target).T @ z
        new = (ahead - rate * gradient).clamp(-1, 1)
        ahead = new + (t - 1) / (t + 2) * (new - x)
        x = new
    return x


REGRET = Measure("regret", "regret (nats)", digits=0)
SHARE = Measure("share", "largest share of the bound", digits=3)
EACH = Arm("AdaGrad", experiment=regret)
ONE = Arm("one rate for all", experiment=regret, overrides={"method": "one rate"})
SHORT = Arm("AdaGrad, steps 30 times shorter", experiment=regret, overrides={"shorter": 30.0})


def figure(seen: Runs) -> Figure:
    """Regret and its bound, round by round, both logarithmic; means over the seeds."""
    figure, axes = subplots(8, 4.4)
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        path(axes, runs, "round", "regrets", color=colour, lw=2, label=f"{name}: regret")
        path(axes, runs, "round", "bounds", "--", color=colour, lw=1.2, label="its bound")
    axes.set_yscale("log", nonpositive="mask")
    axes.set(xscale="log", xlabel="digits seen", ylabel="nats, summed up", title="Regret and its bound")
    axes.legend(fontsize=8)
    return figure


CLAIM = Claim(
    key="regret",
    kind="identity",
    statement="The regret stays under sqrt(2) D_inf times the sum of the coordinates' gradient norms.",
    where="theorem 5, corollary 6",
    measures=(REGRET, Measure("bound", "its bound", digits=0), SHARE),
    arms=(EACH, ONE, SHORT),
    conditions=(
        *limit_from("theory", SHARE.of(EACH, ONE, SHORT) <= 1),
        REGRET.of(EACH) < REGRET.of(ONE),
    ),
    remark="1,437 digits, 7,850 weights between -1 and 1, one pass; the best fixed weights come from 1,500 steps of "
    "accelerated projected gradient descent. The paper has no such experiment. The third arm shows what a bound is: "
    "steps 30 times shorter have a far higher bound and a far lower regret, because the bound must hold for every "
    "sequence of losses, also for one that is out to deceive.",
    figure=figure,
)
