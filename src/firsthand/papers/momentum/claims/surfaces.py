"""Walks on five surfaces with momentum, and without."""

from collections.abc import Callable
from functools import partial
from typing import Literal

from firsthand import optim
from firsthand.claims import Arm, Claim, Outcome, each
from firsthand.claims.bench.surfaces import ON, race
from firsthand.figures.surfaces import walks

WALKERS: dict[str, Callable[..., optim.Rule]] = {
    "sgd": optim.SGD,
    "momentum-0.9": partial(optim.SGD, momentum=0.9),
    "nesterov-0.9": partial(optim.SGD, momentum=0.9, nesterov=True),
    "momentum-0.99": partial(optim.SGD, momentum=0.99),
}


def surfaces(method: Literal["sgd", "momentum-0.9", "nesterov-0.9", "momentum-0.99"] = "sgd", seed: int = 0) -> Outcome:
    """Steps to arrive on five surfaces in the plane, at the rule's fastest rate on each.

    Args:
        method: the rule.
        seed: not used, nothing is random.
    """
    return race(WALKERS[method])


NAMES = ("SGD", "momentum 0.9", "Nesterov 0.9", "momentum 0.99")
ARMS = PLAIN, NINE, _, MORE = tuple(
    Arm(name, experiment=surfaces, overrides={"method": method}) for name, method in zip(NAMES, WALKERS, strict=True)
)
ALONG, TURNED, SADDLE = ON["valley"].of(*ARMS), ON["turned valley"].of(*ARMS), ON["saddle"]

CLAIM = Claim(
    key="surfaces",
    kind="our question",
    statement="Momentum shortens valleys, leaves saddles sooner, does not care about axes; too much of it rings.",
    where="our own test functions; Goh 2017",
    measures=tuple(ON.values()),
    arms=ARMS,
    conditions=(
        each(*(steps.of(NINE) for steps in ON.values())).called("steps on every surface of momentum 0.9")
        < each(*(steps.of(PLAIN) for steps in ON.values())).called("those of SGD"),
        abs(TURNED - ALONG) <= 0.01 * ALONG,
        4 * SADDLE.of(NINE) <= SADDLE.of(PLAIN),
        (ON["valley"].of(MORE) > ON["valley"].of(PLAIN)).saying("too much of it rings"),
    ),
    seeds=(0,),
    remark="Nothing is random, so one seed. Every rule has its fastest rate of 0.0001, 0.0002, 0.0005, ... 20 on "
    "each surface.",
    figure=walks,
)
