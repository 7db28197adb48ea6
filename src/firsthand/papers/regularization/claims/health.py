"""Sizes of updates relative to the weights, and units without a slope, over many learning rates."""

from itertools import takewhile
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.claims import Arm, Claim, Measure, Outcome, equal, within
from firsthand.figures.curves import Runs, arms, log_ticks
from firsthand.figures.style import GREEN, INK, subplots
from firsthand.papers.regularization import examples, signals
from firsthand.papers.regularization.training import drawn, fit


def health(activation: Literal["relu", "tanh"] = "relu", steps: int = 250, rates: int = 13, seed: int = 0) -> Outcome:
    """Sizes of the updates relative to the weights, and dead or saturated units, by the learning rate.

    Args:
        activation: of three hidden layers of 100 units; first weights are He's for relu, Glorot's for tanh.
        steps: steps of plain SGD with batches of 64 on 800 digits.
        rates: learning rates tried, three to a power of ten, from 0.0001 on, up to the first that diverges.
        seed: of images, weights and order.
    """
    sets = examples.digits(800, 100, 0.0, seed)

    def trial(lr: float) -> tuple[float, ...]:
        """The rate, mean log10 of std(update) / std(weight), the loss, and per cent of units without a slope."""
        init = "he" if activation == "relu" else "glorot"
        network = drawn(seed, 100, (100,) * 3, activation=activation, init=init)
        seen: list[Tensor] = []

        def look(step: int) -> None:
            if step and step % 50 == 0:  # the gradient of the step before is still there
                matrices = [p for p in network.parameters() if p.ndim > 1]
                seen.extend((lr * p.grad.std() / p.detach().std()).log10() for p in matrices)

        losses = fit(network, sets.train, steps, 64, seed, lr, watch=look)
        _, _, activations = signals.watched(network, sets.train.inputs)
        still = sum(signals.flat(z, activation) for z in activations) / len(activations)
        return lr, torch.stack(seen).mean().item(), sum(losses[-20:]) / 20, 100 * still

    trials = map(trial, (10 ** (i / 3 - 4) for i in range(rates)))
    stable = takewhile(lambda row: row[2] < 10, trials)  # where one rate diverges, all faster ones will
    tried, ratios, losses, silent = (list(column) for column in zip(*stable, strict=True))
    fastest = losses.index(min(losses))
    return {
        "ratio": ratios[fastest],
        "rate": tried[fastest],
        "faster": float(fastest + 1 < rates),
        "loss": losses[fastest],
        "slow loss": min(loss for ratio, loss in zip(ratios, losses, strict=True) if ratio < -4),
        "flat at first": silent[0],
        "flat": silent[fastest],
        "flat at the end": silent[-1],
        **{"rates": tried, "ratios": ratios, "losses": losses, "silent": silent},
    }


RATIO = Measure("ratio", "log10 update / weight at the best rate", digits=2)
FASTER = Measure("faster", "a faster rate was tried (1: yes)", digits=0)
LOSS = Measure("loss", "training loss at the best rate (nats)", digits=4)
SLOW = Measure("slow loss", "lowest training loss with a ratio below -4 (nats)")
FIRST = Measure("flat at first", "dead or saturated units, slowest rate (%)", digits=1)
BEST = Measure("flat", "dead or saturated units, best rate (%)", digits=1)
END = Measure("flat at the end", "dead or saturated units, largest rate that does not diverge (%)", digits=1)
RULE = -3.0  # of thumb
ARMS = tuple(
    Arm(name, experiment=health, overrides={"activation": name.lower(), "rates": 16}, paper={"ratio": RULE})
    for name in ("ReLU", "tanh")
)


def figure(seen: Runs) -> Figure:
    """Loss against the ratio of updates to weights, and units without a slope against the rate, a line a seed."""
    figure, left, right = subplots(10.4, 4, 2)
    arms(left, seen, "losses", "ratios", marker="o", ms=3, lw=0.8)
    arms(right, seen, "silent", "rates", marker="o", ms=3, lw=0.8)
    left.axvspan(RULE - 1, RULE + 1, color=GREEN, alpha=0.1, lw=0)
    across = left.get_xaxis_transform()  # the height as a share of the panel's
    left.text(RULE, 0.97, "rule of thumb", color=INK, fontsize=8.5, ha="center", va="top", transform=across)
    left.set(ylabel="training loss (nats)", title="Loss at the end by the size of the updates")
    left.set(xlabel="log10 (std of the update / std of the weights)")
    log_ticks(left, (0.001, 0.01, 0.1, 1, 10))
    log_ticks(right, (0.0001, 0.001, 0.01, 0.1, 1, 10), "x")
    right.set(xlabel="learning rate", ylabel="units (%)", ylim=(0, 104), title="Dead or saturated units by the rate")
    left.legend(loc="lower left")
    return figure


CLAIM = Claim(
    key="health",
    kind="a secondary number",
    statement="Updates of about a thousandth of the weights are healthy; far smaller ones waste time, far larger ones "
    "kill units.",
    where="makemore part 3, a rule of thumb",
    measures=(RATIO, FASTER, LOSS, SLOW, FIRST, BEST, END),
    arms=ARMS,
    conditions=(
        within(RATIO.of(*ARMS), RULE, by=1, whose="the rule's "),
        equal(FASTER.of(*ARMS), 1),
        SLOW.of(*ARMS) >= 10 * LOSS.of(*ARMS),
        END.of(*ARMS) >= 3 * FIRST.of(*ARMS),
    ),
    seeds=(5, 6, 7, 8, 9),
    remark="Three layers of 100 units on 800 digits, 250 steps of plain SGD; the best rate is that of the lowest "
    "training loss. The lectures give -3 as a rule of thumb, with -4 and -2 as its ends; the other limits are ours. An "
    "earlier run, with seeds 0 to 4, ended its rates at 1 and did not ask whether a faster one is worse; here they go "
    "on to 10 or the first that diverges, and the seeds are new. Too fast a rate kills rectifiers, though not with "
    "every seed; tanh diverges before many more units saturate. For plain SGD the update is the rate times the "
    "gradient; other rules have their own.",
    figure=figure,
)
