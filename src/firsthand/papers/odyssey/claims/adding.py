"""Another task, the adding problem, on which other parts matter."""

from functools import partial
from math import log

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor
from torch.nn import ModuleList

from firsthand import optim
from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.claims.bench.descent import descend, seeded
from firsthand.data import synthetic
from firsthand.figures.curves import log_ticks
from firsthand.figures.style import MUTED
from firsthand.nn import Linear, mse
from firsthand.papers.odyssey.figures import by_seed
from firsthand.papers.odyssey.model import LSTM, Variant

GUESS = 39  # thousandths: the error of always saying 0.5
MEAN = 20  # steps that a point of the curve is the mean of


def answers(lstm: LSTM, head: Linear, batch: synthetic.Sequences) -> Tensor:
    """A linear map of the LSTM's output at each sequence's end."""
    y, _ = lstm(batch.inputs)
    return head(y[torch.arange(len(y)), batch.lengths - 1]).squeeze(1)


def adding(
    variant: Variant = "V", hidden: int = 12, steps: int = 600, length: int = 50, keep: float = 3.0, seed: int = 0
) -> Outcome:
    """How well a variant adds two marked numbers over 25 steps or more: the squared error on 2,000 new sequences.

    Adam at 0.01, batches of 48 fresh sequences. "thousandths" is the error times 1,000; always saying 0.5 has 39.

    Args:
        variant: of the LSTM.
        hidden: cells.
        steps: of Adam.
        length: of a sequence, up to a tenth more.
        keep: added to the first biases of the forget gate, taken from those of the input gate if they are coupled.
        seed: of weights and sequences.
    """
    generator = seeded(seed)
    network = ModuleList([LSTM(2, hidden, variant), Linear(hidden, 1)])
    gates = dict(zip(network[0].blocks, network[0].b.data.view(-1, hidden), strict=True))
    if variant == "CIFG":
        gates["i"] -= keep
    elif variant != "NFG":
        gates["f"] += keep
    rule, curve = optim.Adam(network.parameters(), lr=0.01), []
    for _ in range(steps):
        batch = synthetic.adding(48, generator, length)
        loss = mse(answers(*network, batch), batch.targets)
        descend(rule, network, loss, clip=None)
        curve.append(loss.item())
    with torch.no_grad():
        batch = synthetic.adding(2000, generator, length)
        error = mse(answers(*network, batch), batch.targets).item()
    means = np.array(curve).reshape(-1, MEAN).mean(1) if steps % MEAN == 0 else np.array(curve)
    return {"thousandths": 1000 * error, "log": log(error), "curve": means.tolist()}


ERROR = Measure("thousandths", "squared error, thousandths", digits=2)
V, CIFG, NIG, NFG, NOAF = ARMS = tuple(
    Arm(name, experiment=adding, overrides={"variant": name}) for name in ("V", "CIFG", "NIG", "NFG", "NOAF")
)


def finish(axes: Axes) -> None:
    """Plain numbers, and the error of who knows nothing."""
    log_ticks(axes, (0.1, 0.3, 1, 3, 10, 30, 100, 300))
    axes.axhline(GUESS, color=MUTED, lw=1, ls=":")
    axes.text(0.99, 1.35 * GUESS, "always saying 0.5", transform=axes.get_yaxis_transform(), ha="right", fontsize=8.5)


CLAIM = Claim(
    key="adding",
    kind="our question",
    statement="Which part an LSTM needs depends on the task: to add two numbers it is the input gate.",
    where="our own question to the study's section V.A, which finds music and speech to disagree",
    measures=(ERROR,),
    arms=ARMS,
    conditions=(ERROR.of(V, CIFG, NFG, NOAF) < ERROR.of(NIG), ERROR.of(NFG) <= 2 * ERROR.of(V)),
    remark="V is vanilla, CIFG has coupled gates, NIG no input gate, NFG no forget gate, NOAF no output activation. "
    "The adding problem of 1997 at length 50, 12 cells, 600 steps of 48 sequences, every one from a state of zeros: "
    "there is nothing to forget, and 48 numbers of 50 to keep out. Forget gates start at 0.95, without which none "
    "learns it in this time; Adam's rate is 0.01.",
    figure=partial(
        by_seed,
        curve=lambda found: np.array([(MEAN * (i + 0.5), 1000 * error) for i, error in enumerate(found["curve"])]),
        finish=finish,
        xlabel="steps of Adam",
        ylabel="squared error (thousandths)",
        title="The adding problem, by what is missing",
    ),
)
