"""More plain layers, worse on the training set."""

from matplotlib.figure import Figure

from firsthand.claims import Claim
from firsthand.figures.curves import Runs, lines, series
from firsthand.figures.style import COLOURS, subplots
from firsthand.papers.resnet.digits import EVERY, PLAIN_20, PLAIN_56, SEEDS, TEST, TRAIN


def figure(seen: Runs, title: str = "Plain networks on small digits") -> Figure:
    """Training loss, a line a seed."""
    figure, axes = subplots(7.4, 4)
    for colour, (name, runs) in zip(COLOURS, seen.items(), strict=False):
        lines(axes, series(runs), colour, name, EVERY)
    axes.set(xlabel="step", ylabel="training loss of a batch (nats)", yscale="log", title=title)
    axes.legend(loc="upper right")
    return figure


CLAIM = Claim(
    key="degradation",
    kind="the paper's statement",
    statement="A plain network of 56 layers has a higher training loss than one of 20, though it could copy it.",
    where="sec. 1, Fig. 1; sec. 4.2, Fig. 6 left (CIFAR-10)",
    measures=(TRAIN, TEST),
    arms=(PLAIN_20, PLAIN_56),
    conditions=(
        TRAIN.of(PLAIN_56) > TRAIN.of(PLAIN_20),
        TEST.of(PLAIN_56) > TEST.of(PLAIN_20),
    ),
    seeds=SEEDS,
    remark="Half the published width, 4,000 of MNIST's digits at 14x14 pixels and 500 steps; the paper trained for "
    "64,000 steps on CIFAR-10, so its errors have no place in the table.",
    figure=figure,
)
