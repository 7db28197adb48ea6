"""Steps against the condition number, each rule with its best constants."""

from math import log

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome, Quantity, each, smallest, within
from firsthand.claims.conditions import listed
from firsthand.figures.curves import Runs, metric
from firsthand.figures.style import AMBER, BLUE, GREEN, RED, beside, subplots
from firsthand.papers.momentum.constants import Method, tuned

KAPPAS = (10, 100, 1000, 10_000)


def speed(method: Method = "gradient", seed: int = 0) -> Outcome:
    """Steps until the distance from the minimum of a quadratic has shrunk by a million, and the last factor per step.

    Twenty dimensions, curvatures from 1 to kappa evenly spaced in their logarithm, axes and start at random.

    Args:
        method: the rule, with the best constants for each kappa.
        seed: of the axes and the start.
    """
    found: dict[str, float] = {}
    for kappa in KAPPAS:
        generator = torch.Generator().manual_seed(seed)
        axes, _ = torch.linalg.qr(torch.randn(20, 20, generator=generator, dtype=torch.float64))
        bowl = axes @ torch.logspace(0, log(kappa, 10), 20, dtype=torch.float64).diag() @ axes.t()
        x = torch.randn(20, generator=generator, dtype=torch.float64).requires_grad_()
        rule = optim.SGD([x], **tuned(method, kappa)[0])
        distances = [x.detach().norm().item()]
        while distances[-1] > 1e-6 * distances[0]:
            x.grad = bowl @ x.detach()
            rule.step()
            distances.append(x.detach().norm().item())
        steps = len(distances) - 1
        factor = (distances[-1] / distances[steps // 2]) ** (1 / (steps - steps // 2))
        found |= {f"steps {kappa}": steps, f"factor {kappa}": factor}
    return found


STEPS = {kappa: Measure(f"steps {kappa}", f"steps, kappa {kappa:,}", digits=0) for kappa in KAPPAS}
ARMS = DESCENT, HEAVY, BOOK, BEST = (
    Arm("gradient descent", experiment=speed, overrides={"method": "gradient"}),
    Arm("heavy ball", experiment=speed, overrides={"method": "heavy-ball"}),
    Arm("Nesterov, the book's", experiment=speed, overrides={"method": "nesterov"}),
    Arm("Nesterov, best", experiment=speed, overrides={"method": "nesterov-best"}),
)


def growth(*arms: Arm) -> Quantity:
    """By what the steps of each are multiplied at each tenfold condition number."""
    ratios = [STEPS[10 * kappa].of(arm) / STEPS[kappa].of(arm) for arm in arms for kappa in KAPPAS[:-1]]
    return each(*ratios).called(f"growth per tenfold kappa of the steps of {listed([arm.name for arm in arms])}")


def figure(seen: Runs) -> Figure:
    """Steps and progress per step against the condition number, beside what the theory promises."""
    figure, left, right = subplots(11, 4.4, 2)
    fine, ends = np.logspace(1, 4, 100), []
    for arm, colour in zip(ARMS, (BLUE, RED, GREEN, AMBER), strict=True):
        promised = np.array([tuned(arm.overrides["method"], kappa)[1] for kappa in fine])
        steps = [np.mean(metric(seen[arm.name], f"steps {kappa}")) for kappa in KAPPAS]
        factors = np.array([np.mean(metric(seen[arm.name], f"factor {kappa}")) for kappa in KAPPAS])
        left.plot(fine, log(1e6) / -np.log(promised), color=colour, lw=1, alpha=0.7)
        left.plot(KAPPAS, steps, "o", color=colour, ms=6)
        right.plot(fine, -np.log10(promised), color=colour, lw=1, alpha=0.7)
        right.plot(KAPPAS, -np.log10(factors), "o", color=colour, ms=6)
        ends.append((arm.name, float(steps[-1]), colour))
    left.set(ylabel="steps to shrink the distance a million times", xlim=(8, 3e5),
             title="Steps: measured (dots), from the rate promised (lines)")  # fmt: skip
    right.set(ylabel="decimal digits gained a step", title="Progress a step: measured (dots), promised (lines)")
    for axes in (left, right):
        axes.set(xscale="log", yscale="log", xlabel="condition number kappa = L / mu", xticks=KAPPAS)
        axes.minorticks_off()
    beside(left, 12_500, ends, 1.4)
    return figure


CLAIM = Claim(
    key="square-root",
    kind="identity",
    statement="Momentum needs steps in proportion to the square root of the condition number, not to the number.",
    where="Polyak 1964; Nesterov 1983; Sutskever et al. sec. 2",
    measures=tuple(STEPS.values()),
    arms=ARMS,
    conditions=(
        growth(HEAVY) <= 3.6,
        growth(BOOK, BEST) <= 3.6,
        growth(HEAVY, BOOK, BEST) >= 3.1,
        within(growth(DESCENT), 10, share=0.05),
        each(*(steps.of(HEAVY) for steps in STEPS.values())).called("steps at every kappa of heavy ball")
        < each(*(smallest(steps.of(DESCENT, BOOK, BEST)) for steps in STEPS.values())).called("those of the others"),
    ),
    remark="A quadratic of 20 dimensions, curvatures evenly spaced in their logarithm, axes and start at random; "
    "each rule with its best constants. The square root of 10 is 3.16. The heavy ball takes more steps than its rate "
    "promises: at the two ends of the spectrum its two roots coincide, so that the error falls like k rho^k. The limit "
    "of 3.6 is ours, stood before the runs and is too tight: from kappa 10 to 100 Nesterov's own rates promise 3.61 "
    "(the book's) and 3.63 (best), and from there on 3.3 or less.",
    figure=figure,
)
