"""Every learning-rate schedule over a whole run against torch.optim.lr_scheduler, with the arguments matched exactly.

torch multiplies from step to step where we have closed forms: over a run the two may differ by 1e-12 relative. A
schedule that torch does not have is compared with its paper's formula.
"""

import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan

import torch
from torch.optim import Optimizer, lr_scheduler

from firsthand.check.rounding import Row
from firsthand.optim import SCHEDULES, Plateau

TOTAL = 50
WARMUP = 7
NOISE = random.Random(0)
# Losses that sink with noise, and twice are no numbers, for schedules that watch.
WATCHED = [nan if t in (3, 11) else inf if t == 20 else 10 * 0.97**t * NOISE.uniform(0.8, 1.2) for t in range(TOTAL)]


@dataclass(frozen=True)
class Case:
    """Options of a schedule of ours, and what makes torch's for an optimiser whose rate is `base`."""

    name: str
    options: dict
    theirs: Callable[[Optimizer], lr_scheduler.LRScheduler]
    base: float = 1.0


def _warmed(fall: Callable[[Optimizer], lr_scheduler.LRScheduler]) -> Callable[[Optimizer], lr_scheduler.LRScheduler]:
    """A straight line from 1 / WARMUP up to 1 at the last step of the warm-up, then `fall`."""

    def make(optimizer: Optimizer) -> lr_scheduler.LRScheduler:
        rise = lr_scheduler.LinearLR(optimizer, 1 / WARMUP, 1.0, total_iters=WARMUP - 1)
        return lr_scheduler.SequentialLR(optimizer, [rise, fall(optimizer)], milestones=[WARMUP])

    return make


REST = TOTAL - WARMUP
CASES: list[Case] = [
    Case("constant", {}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
    Case("step", {"drops": (3, 17), "factor": 0.3}, lambda o: lr_scheduler.MultiStepLR(o, [3, 17], 0.3)),
    Case("exponential", {"factor": 0.9, "every": 1}, lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
    Case("exponential", {"factor": 0.7, "every": 5}, lambda o: lr_scheduler.StepLR(o, 5, 0.7)),
    Case("linear", {"floor": 0.1}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.1, total_iters=TOTAL)),
    Case(
        "linear",
        {"floor": 0.1, "warmup": WARMUP},
        _warmed(lambda o: lr_scheduler.LinearLR(o, 1.0, 0.1, total_iters=REST)),
    ),
    Case("cosine", {"floor": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL, eta_min=0.1)),
    Case(
        "cosine",
        {"floor": 0.1, "warmup": WARMUP},
        _warmed(lambda o: lr_scheduler.CosineAnnealingLR(o, REST, eta_min=0.1)),
    ),
    Case(  # Vaswani et al. (2017), equation 3, which counts from 1, over its largest value
        "inverse-sqrt",
        {"warmup": WARMUP},
        lambda o: lr_scheduler.LambdaLR(o, lambda t: WARMUP**0.5 * min((t + 1) ** -0.5, (t + 1) * WARMUP**-1.5)),
    ),
    Case(  # torch's top is at step 0.3 (50 + 1) - 1 = 0.286 50 and its last of 51 steps on the floor
        "one-cycle",
        {"warmup_fraction": 0.286, "start": 0.04, "floor": 1e-3},
        lambda o: lr_scheduler.OneCycleLR(
            o, 1.0, TOTAL + 1, pct_start=0.3, div_factor=25, final_div_factor=40, cycle_momentum=False
        ),
    ),
    Case(
        "range",
        {"low": 1e-3, "high": 10.0},
        lambda o: lr_scheduler.ExponentialLR(o, 1e4 ** (1 / (TOTAL - 1))),
        base=1e-3,
    ),
    Case(
        "plateau",
        {"factor": 0.5, "patience": 1, "threshold": 0.01, "cooldown": 2, "floor": 0.01},
        lambda o: lr_scheduler.ReduceLROnPlateau(
            o, factor=0.5, patience=1, threshold=0.01, cooldown=2, min_lr=0.01, eps=0
        ),
    ),
]


def check_schedules() -> list[Row]:
    """Compare every schedule with its reference at every step of a run."""
    return [compare_schedule(case) for case in CASES]


def compare_schedule(case: Case) -> Row:
    """The largest relative difference of the rate at any step."""
    ours = SCHEDULES[case.name](TOTAL, **case.options)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=case.base)
    worst = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's about the order of calls inside its own SequentialLR
        theirs = case.theirs(optimizer)
        for step in range(TOTAL):
            rate = optimizer.param_groups[0]["lr"]
            worst = max(worst, abs(ours(step) - rate) / rate)
            optimizer.step()
            if isinstance(ours, Plateau):
                ours.observe(WATCHED[step])
                theirs.step(WATCHED[step])
            else:
                theirs.step()
    variant = ", ".join(f"{option}={value}" for option, value in case.options.items()) or "defaults"
    return Row(case.name, variant, "float64", f"rate over {TOTAL} steps", worst, 1e-12)
