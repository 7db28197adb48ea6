"""Walks on five surfaces, two of them the same valley along the axes and turned."""

from typing import Literal

from firsthand.claims import Arm, Claim, Outcome
from firsthand.claims.bench.surfaces import ON, race
from firsthand.figures.surfaces import walks
from firsthand.optim import SGD, Adagrad


def surfaces(method: Literal["AdaGrad", "SGD"] = "AdaGrad", seed: int = 0) -> Outcome:
    """Steps that the rule needs on five surfaces at its fastest rate.

    Args:
        method: the rule.
        seed: of nothing, there is no chance in this.
    """
    return race(Adagrad if method == "AdaGrad" else SGD)


ADAGRAD, DESCENT = (Arm(name, experiment=surfaces, overrides={"method": name}) for name in ("AdaGrad", "SGD"))
ALONG, TURNED = ON["valley"], ON["turned valley"]

CLAIM = Claim(
    key="surfaces",
    kind="our question",
    statement="A rate for each coordinate removes bad scaling along the axes, and only there.",
    where="our own test functions",
    measures=tuple(ON.values()),
    arms=(ADAGRAD, DESCENT),
    conditions=(
        10 * ALONG.of(ADAGRAD) <= ALONG.of(DESCENT),
        TURNED.of(ADAGRAD) >= 10 * ALONG.of(ADAGRAD),
        abs(TURNED.of(DESCENT) - ALONG.of(DESCENT)) <= 0,
    ),
    seeds=(0,),
    remark="Nothing in it is random, therefore one seed. On the saddle both run at 0.01, where AdaGrad's steps are "
    "short; at 0.1 it is the first to leave. That AdaGrad's ever shorter steps cost it the end of a long training is "
    "seen with a network: `firsthand experiment adadelta curves --rule AdaGrad --epochs 50`.",
    figure=walks,
)
