"""How far back the gradient of an untrained network goes."""

from functools import partial

from firsthand.claims import Claim, Measure, ordered, within
from firsthand.papers.vanishing.language import GATES, ORTHOGONAL, RADIUS, RNNS, gradients

RATE = Measure("start rate", "factor a step, lags 10 to 50")
LINEAR = Measure("start predicted", "that of a linear step")
LAG_10 = Measure("start lag 10", "log10 of the gradient left at lag 10", digits=1)
LAG_50 = Measure("start lag 50", "log10 of the gradient left at lag 50", digits=1)
SMALL = (RADIUS["0.5"], RADIUS["1"], ORTHOGONAL, *GATES)


CLAIM = Claim(
    key="lags",
    kind="the paper's statement",
    statement="The recurrent matrix sets how fast a gradient vanishes or explodes: by its radius in tanh units.",
    where="2013: sec. 2, here for networks that read a text, before they are trained",
    measures=(RATE, LINEAR, LAG_10, LAG_50),
    arms=(*RNNS, *GATES),
    conditions=(
        ordered(*(LAG_50.of(arm) for arm in RADIUS.values())),
        (RATE.of(RADIUS["0.5"]) <= 0.55).saying("it vanishes"),
        (LAG_50.of(RADIUS["1.5"]) > 0).saying("it explodes"),
        LAG_50.of(ORTHOGONAL) > LAG_50.of(RADIUS["1"]),
        within(RATE.of(*SMALL) / LINEAR.of(*SMALL), 1, by=0.1),
    ),
    remark="128 units read The Time Machine as letters and spaces. Shown is the norm of the gradient of one step's "
    "error at the states k steps before, h and c together for the LSTM, as a share of that at k = 0: median of 64 "
    "places in the text. W_hh is uniform at random, scaled to its spectral radius. The linear step is the Jacobian at "
    "state 0; at radius 1.5 units saturate, so that it says little. The last condition was changed after a result: "
    "of the LSTM we had expected sigmoid(1) = 0.731, its forget gate alone, but part of what a cell loses returns "
    "through h.",
    figure=partial(gradients, when="start", title="Gradient by lag, before training"),
)
