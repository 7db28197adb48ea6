"""Walks on five surfaces, and how many rates arrive at all."""

from functools import partial
from typing import Literal

from firsthand.claims import Arm, Claim, Measure, Outcome, each, smallest
from firsthand.claims.bench.surfaces import ON, race
from firsthand.figures.surfaces import walks
from firsthand.optim import SGD, Adam, Adamax, RMSprop
from firsthand.optim.surfaces import SURFACES, walk

METHODS = {"Adam": Adam, "AdaMax": Adamax, "RMSprop": RMSprop, "SGD with momentum": partial(SGD, momentum=0.9)}
WIDE = (0.001, 0.01, 0.1, 1.0)


def surfaces(method: Literal["Adam", "AdaMax", "RMSprop", "SGD with momentum"] = "Adam", seed: int = 0) -> Outcome:
    """Steps to arrive on five surfaces at the fastest rate, and how often four rates arrive on four of them at all.

    Args:
        method: the update rule; momentum is 0.9.
        seed: nothing is random.
    """
    rule = METHODS[method]
    arrivals = [
        sum(walk(surface, rule, lr)[1] for lr in WIDE) for name, surface in SURFACES.items() if name != "saddle"
    ]
    return race(rule) | {"arrivals": sum(arrivals)}


ARRIVALS = Measure("arrivals", "arrivals, of 16", digits=0)
ARMS = ADAM, _, _, MOMENTUM = tuple(Arm(name, experiment=surfaces, overrides={"method": name}) for name in METHODS)

CLAIM = Claim(
    key="surfaces",
    kind="our question",
    statement="Adam needs little tuning: it travels alpha a step, whatever the slope.",
    where="our own question to sec. 2.1; the paper shows no such surfaces",
    measures=(*ON.values(), ARRIVALS),
    arms=ARMS,
    conditions=(
        (ARRIVALS.of(ADAM) >= 15).saying("on the first four surfaces the rates 0.001, 0.01, 0.1 and 1 arrive"),
        ARRIVALS.of(MOMENTUM) <= 8,
        each(*(steps.of(ADAM) for steps in ON.values())).called("steps on every surface of Adam") <= 20_000,
        (ON["turned valley"].of(ADAM) > 1.1 * ON["valley"].of(ADAM)).saying("its scales are along the axes"),
        ON["saddle"].of(ADAM) <= 1.2 * smallest(ON["saddle"].of(*ARMS)),
    ),
    seeds=(0,),
    remark="Each rule at its fastest rate; arrivals are within 20,000 steps. Nothing in it is random, so one seed. "
    "RMSprop does not correct its mean of squares: its first step is 1 / sqrt(1 - 0.99) = 10 times the rate, which "
    "helps to leave the saddle.",
    figure=walks,
)
