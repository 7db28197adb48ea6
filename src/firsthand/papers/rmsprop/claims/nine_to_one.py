"""The slide's example: nine gradients of 0.1, then one of -0.9, again and again."""

from collections.abc import Callable
from functools import partial
from itertools import accumulate
from typing import Literal

import numpy as np
import torch
from matplotlib.figure import Figure

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome, equal, limit_from, within
from firsthand.claims.bench.descent import visited
from firsthand.figures.curves import Runs, metric, series
from firsthand.figures.style import AMBER, BLUE, GREEN, INK, RED, SKY, VIOLET, beside, subplots

CYCLE = [0.1] * 9 + [-0.9]  # its sum is 0, so the weight should stay where it is


def rprop_steps(rate: float) -> Callable[[float], float]:
    """Rprop as the slide states it: the step grows 1.2 times if the last two signs agree, else it is halved.

    The size stays within 1e-6 and 50. Source: slide "rprop: using only the sign of the gradient".
    """
    size, last = rate, 0.0

    def step(g: float) -> float:
        nonlocal size, last
        if last:
            size = min(max(size * (1.2 if g * last > 0 else 0.5), 1e-6), 50.0)
        last = g
        return -size if g > 0 else size

    return step


def nine_to_one(
    method: Literal["sign", "rprop", "rmsprop-0.9", "rmsprop-0.99", "rmsprop-0.999", "sgd"] = "rmsprop-0.9",
    cycles: int = 2000,
    seed: int = 0,
) -> Outcome:
    """How far a weight drifts per cycle of gradients 0.1 nine times and -0.9 once, in units of the rate.

    "drift" is the mean over the second half, when the start is forgotten; "at first" that over the first tenth.

    Args:
        method: the rule; the number of RMSprop is its alpha.
        cycles: of ten gradients.
        seed: not used, nothing is random.
    """
    rate = 0.01
    if method in ("sign", "rprop"):
        step = rprop_steps(rate) if method == "rprop" else lambda g: -rate if g > 0 else rate
        path = list(accumulate(map(step, CYCLE * cycles), initial=0.0))
    else:
        rule = optim.SGD if method == "sgd" else partial(optim.RMSprop, alpha=float(method[8:]))
        gradients = torch.tensor(CYCLE, dtype=torch.float64)[:, None]
        walk = visited(partial(rule, lr=rate), torch.zeros(1), lambda step, place: gradients[step % 10], 10 * cycles)
        path = [place.item() for place in walk]
    ends, middle = [place / rate for place in path[::10]], cycles // 2
    return {
        "drift": (ends[-1] - ends[middle]) / (cycles - middle),
        "at first": ends[cycles // 10] / (cycles // 10),
        "places": [place / rate - ends[middle] for place in path[10 * middle : 10 * middle + 201]],
    }


DRIFT = Measure("drift", "drift a cycle (rates)", digits=4)
NAMES = {"sign": "sign descent", "rprop": "Rprop"} | {f"rmsprop-{a}": f"RMSprop {a}" for a in (0.9, 0.99, 0.999)}
NAMES |= {"sgd": "SGD"}
ARMS = [Arm(name, experiment=nine_to_one, overrides={"method": method}) for method, name in NAMES.items()]
SIGN, RPROP, TEN, HUNDRED, THOUSAND, SGD = ARMS
COLOURS = dict(zip(NAMES.values(), (AMBER, RED, VIOLET, BLUE, SKY, GREEN), strict=True))


def figure(seen: Runs) -> Figure:
    """Where the weight goes step by step, and how far it drifts a cycle."""
    figure, left, right = subplots(11.5, 4.2, 2, width_ratios=(1.25, 1))
    lowest, ends = -20.5, []
    for name, colour in COLOURS.items():
        places = series(seen[name], "places")[0]
        left.plot(np.arange(len(places)) / 10, places, color=colour, lw=1.3)
        if places.min() > lowest:
            ends.append((name, places[-1], colour))
        else:
            left.text(np.argmax(places < lowest) / 10 + 0.2, lowest + 0.9, name, color=colour, fontsize=9)
    beside(left, 20.2, ends, 1.5)
    left.set(ylim=(lowest, 3), xlim=(0, 25), xlabel="cycles of ten gradients, from the middle of the run on",
             ylabel="where the weight is, in rates", title="Gradients of 0.1 nine times, then -0.9")  # fmt: skip
    for line, (name, colour) in enumerate(COLOURS.items()):
        drift = abs(metric(seen[name], "drift")[0])
        shown = "0" if drift < 1e-12 else f"{drift:,.0f}" if drift > 1 else f"{drift:.2g}"
        right.plot(max(drift, 1e-3), line, "<" if drift < 1e-3 else "o", color=colour, ms=8)
        right.text(max(drift, 1e-3) * 1.7, line, shown, va="center", color=INK)
    right.set_yticks(range(len(COLOURS)), list(COLOURS))
    right.set(xscale="log", xlim=(7e-4, 2e6), ylim=(5.5, -0.5), xlabel="rates", title="Drift a cycle")
    return figure


CLAIM = Claim(
    key="nine-to-one",
    kind="the paper's statement",
    statement="A weight with nine gradients of 0.1 and one of -0.9 should stay; Rprop drives it away, RMSprop hardly.",
    where="slide: why rprop does not work with mini-batches",
    measures=(DRIFT, Measure("at first", "the same, first 200 cycles", digits=4)),
    arms=tuple(ARMS),
    conditions=(
        *limit_from("pilot", abs(DRIFT.of(TEN)) <= 0.7),
        within(DRIFT.of(TEN) / DRIFT.of(HUNDRED), 10, by=3).saying("a window ten times as long"),
        within(DRIFT.of(HUNDRED) / DRIFT.of(THOUSAND), 10, by=3),
        equal(DRIFT.of(SIGN), -8, to=1e-6),
        abs(DRIFT.of(RPROP)) > 10 * abs(DRIFT.of(SIGN)),
        equal(DRIFT.of(SGD), 0, to=1e-9),
    ),
    seeds=(0,),
    remark="Nothing is random, so one seed. The drift is the mean over cycles 1001 to 2000. At first, while s "
    "grows from zero, RMSprop takes longer steps: the more, the longer its window. Rprop is the slide's; "
    "torch's also skips the step after a change of sign. The slide names no numbers but the gradients.",
    figure=figure,
)
