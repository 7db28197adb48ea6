"""Decay and an L2 penalty: one step without a gradient, and how the shrinking depends on the gradient's size."""

from typing import Literal

import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Claim, Measure, Outcome, each, equal, within
from firsthand.figures.curves import Runs, arms
from firsthand.figures.style import INK, MUTED, subplots
from firsthand.papers.regularization.training import each_rule

STEP, DECAY = 0.1, 0.5  # of the one step
RATE, SLOW_DECAY, BEFORE = 1e-4, 0.1, 200  # of the shrinking, and the steps that go before it


def one_step(
    method: Literal["adam", "adamw", "sgd"] = "adam", weights: int = 20_000, steps: int = 1000, seed: int = 0
) -> Outcome:
    """What decay does to weights: one step without a gradient, and how the shrinking depends on the gradient's size.

    Args:
        method: update rule; its weight_decay is an L2 penalty for adam and sgd, decoupled for adamw.
        weights: weights that shrink side by side, so that the gradients' noise averages out.
        steps: steps over which the shrinking is measured, after 200 others.
        seed: of the gradients, which are N(0, s^2) for 13 values of s.
    """
    found: Outcome = {}
    for start in (2.0, 20.0):
        w = torch.tensor([start], dtype=torch.float64, requires_grad=True)
        w.grad = torch.zeros_like(w)
        optim.RULES[method]([w], lr=STEP, weight_decay=DECAY).step()
        found[f"from {start:g}"] = w.item()
    generator = torch.manual_seed(seed)
    sizes = [10.0 ** (i / 3 - 3) for i in range(13)]
    shrinking = []
    for size in sizes:
        w = torch.ones(weights, requires_grad=True)
        rule = optim.RULES[method]([w], lr=RATE, weight_decay=SLOW_DECAY)
        for step in range(steps + BEFORE):
            if step == BEFORE:
                before = w.detach().mean().item()
            w.grad = size * torch.randn(w.shape, generator=generator)
            rule.step()
        shrinking.append((1 - w.detach().mean().item() / before) / steps)
    return found | {"uneven": shrinking[0] / max(shrinking[-1], 1e-12), "sizes": sizes, "shrinking": shrinking}


TWO = Measure("from 2", "one step from 2, no gradient", digits=4)
TWENTY = Measure("from 20", "one step from 20, no gradient", digits=4)
UNEVEN = Measure("uneven", "shrinking with gradients of 0.001 / of 10", digits=2)
ARMS = SGD, ADAM, ADAMW = each_rule(one_step)


def figure(seen: Runs) -> Figure:
    """Share of a weight lost in a step against the size of its gradients."""
    figure, axes = subplots(7.4, 4.2)
    arms(axes, seen, "shrinking", "sizes", marker="o", ms=5)
    axes.get_lines()[0].set(lw=6, ms=11, alpha=0.35)  # AdamW lies on it
    axes.axhline(RATE * SLOW_DECAY, color=MUTED, lw=1, ls="--", zorder=0)
    axes.text(1.1e-3, 1.15 * RATE * SLOW_DECAY, "rate x decay", color=INK, fontsize=8.5, va="bottom")
    axes.set(xscale="log", yscale="log", title="Shrinking under gradients of noise")
    axes.set(xlabel="standard deviation of the weight's gradients", ylabel="share of the weight lost in a step")
    axes.legend(loc="upper right")
    return figure


CLAIM = Claim(
    key="decay",
    kind="identity",
    statement="Decay and an L2 penalty are the same for SGD, but not for Adam, which divides the penalty's gradient.",
    where="LH19 propositions 1 and 2, algorithm 2",
    measures=(TWO, TWENTY, UNEVEN),
    arms=ARMS,
    conditions=(
        equal(each(TWO.of(SGD, ADAMW) / 2, TWENTY.of(SGD, ADAMW) / 20), 1 - STEP * DECAY, to=1e-6),
        equal(each(abs(TWO.of(ADAM) - 2), abs(TWENTY.of(ADAM) - 20)), STEP, to=1e-6).saying("Adam's step is its rate"),
        UNEVEN.of(ADAM) >= 30,
        within(UNEVEN.of(SGD, ADAMW), 1, share=0.1),
    ),
    seeds=(0,),
    remark=f"The step is arithmetic: rate {STEP:g}, decay {DECAY:g}, one seed. The shrinking is of 20,000 weights of 1 "
    f"under gradients of pure noise, rate {RATE:g}, decay {SLOW_DECAY:g}, over 1,000 steps; its limits are ours.",
    figure=figure,
)
