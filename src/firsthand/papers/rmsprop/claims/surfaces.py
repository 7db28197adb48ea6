"""Walks on five surfaces, two of them the same valley along the axes and turned."""

from functools import partial
from typing import Literal

from firsthand.claims import Arm, Claim, Outcome, limit_from, never, within
from firsthand.claims.bench.surfaces import ON, race
from firsthand.figures.surfaces import walks
from firsthand.optim import SGD, RMSprop

RULES = {
    "sgd": SGD,
    "rmsprop-0.9": partial(RMSprop, alpha=0.9),
    "rmsprop-0.99": partial(RMSprop, alpha=0.99),
    "momentum": partial(RMSprop, alpha=0.99, momentum=0.9),
}


def surfaces(
    method: Literal["sgd", "rmsprop-0.9", "rmsprop-0.99", "momentum"] = "rmsprop-0.9", seed: int = 0
) -> Outcome:
    """Steps to arrive on five surfaces in the plane, at the rule's fastest rate on each.

    Args:
        method: the rule; momentum is RMSprop with alpha 0.99 and momentum 0.9.
        seed: not used, nothing is random.
    """
    return race(RULES[method])


DESCENT, SHORT, LONG, MOMENTUM = (
    Arm(name, experiment=surfaces, overrides={"method": method})
    for name, method in zip(("SGD", "RMSprop 0.9", "RMSprop 0.99", "0.99, momentum 0.9"), RULES, strict=True)
)
ALONG, TURNED, SADDLE = ON["valley"], ON["turned valley"], ON["saddle"]

CLAIM = Claim(
    key="surfaces",
    kind="our question",
    statement="RMSprop is fast in a valley along the axes, not in a turned one; with a short window it never settles.",
    where="our own test functions",
    measures=tuple(ON.values()),
    arms=(DESCENT, SHORT, LONG, MOMENTUM),
    conditions=(
        TURNED.of(LONG) >= 10 * ALONG.of(LONG),
        within(TURNED.of(DESCENT) / ALONG.of(DESCENT), 1, share=0.01),
        never(ALONG.of(SHORT)),
        never(TURNED.of(SHORT)),
        *limit_from("pilot", 4.5 * SADDLE.of(SHORT, LONG) <= SADDLE.of(DESCENT)),
    ),
    seeds=(0,),
    remark="Nothing is random, so one seed. Every rule has its fastest rate of 0.0001, 0.0002, 0.0005, ... 20 on "
    "each surface, 20,000 steps at most. Two walks arrive by luck, with leaps at large rates: RMSprop 0.99 in the "
    "valley at 20, and RMSprop 0.9 on Beale's at 10.",
    figure=walks,
)
