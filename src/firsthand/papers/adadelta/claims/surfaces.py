"""Walks on five surfaces, Adadelta without a learning rate."""

from typing import Literal

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Outcome, never
from firsthand.claims.bench.surfaces import ON, race
from firsthand.figures.curves import Runs
from firsthand.figures.surfaces import walks
from firsthand.optim import SGD, Adadelta


def surfaces(method: Literal["rho 0.9", "rho 0.95", "rho 0.99", "SGD"] = "rho 0.95", seed: int = 0) -> Outcome:
    """Steps that Adadelta, without a learning rate, or SGD at its fastest rate needs on five surfaces.

    Args:
        method: Adadelta's memory, or SGD.
        seed: of nothing, there is no chance in this.
    """
    if method == "SGD":
        return race(SGD)
    rho = float(method.removeprefix("rho "))
    return race(lambda params, lr: Adadelta(params, lr=lr, rho=rho, eps=1e-6), rates=(1.0,))


SHORT, MIDDLE, LONG, DESCENT = (
    Arm(name, experiment=surfaces, overrides={"method": name}) for name in ("rho 0.9", "rho 0.95", "rho 0.99", "SGD")
)
VALLEY, BEALE, SADDLE = ON["valley"], ON["Beale"], ON["saddle"]


def figure(seen: Runs) -> Figure:
    """The walks; Adadelta's rate is 1 everywhere."""
    return walks(seen, "Adadelta without a learning rate (1), SGD at its fastest, on the saddle at 0.01.")


CLAIM = Claim(
    key="surfaces",
    kind="our question",
    statement="Without a learning rate Adadelta leaves a saddle at once and does not settle in a steep valley.",
    where="our own test functions, algorithm 1 as it is printed",
    measures=tuple(ON.values()),
    arms=(SHORT, MIDDLE, LONG, DESCENT),
    conditions=(
        never(VALLEY.of(SHORT, MIDDLE, LONG)),
        VALLEY.of(DESCENT) < 20_000,
        never(BEALE.of(SHORT, MIDDLE)),
        BEALE.of(LONG) <= 20_000,
        10 * SADDLE.of(SHORT, MIDDLE, LONG) <= SADDLE.of(DESCENT),
    ),
    seeds=(0,),
    remark="Nothing in it is random, therefore one seed. A walk ends after 20,000 steps. Adadelta runs at a rate of 1, "
    "which is none; SGD at the fastest of 0.0001, 0.0002, 0.0005, ... 20, on the saddle at 0.01. With rho 0.99 "
    "it does settle in the turned valley.",
    figure=figure,
)
