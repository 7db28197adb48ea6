"""How many sets of masks to train with, on DNA and with few units: what Figure 2 asks of MNIST."""

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, limit_from, on_average, smallest
from firsthand.figures.curves import Runs, log_ticks, metric
from firsthand.figures.style import BLUE, RED, subplots

COUNTS = (1, 2, 4, 16)
TEST = Measure("test_loss", "test -log p, mixture (nats)", digits=2)
SINGLE = Measure("test_single", "of its parts (nats)", digits=2)
TRAIN = Measure("train_loss", "training -log p, mixture (nats)", digits=2)
ARMS = {count: Arm(f"{count} set{'s' if count > 1 else ''}", "narrow", {"model.masks": count}) for count in COUNTS}
ONE, TWO, FOUR, MANY = ARMS.values()


def figure(seen: Runs) -> Figure:
    """The likelihood of the mixture, and of its parts one by one, by the number of sets of masks."""
    figure, axes = subplots(6.4, 3.8)
    for name, colour, label in (("test_single", RED, "one set of masks at a time"), ("test_loss", BLUE, "mixture")):
        rows = [metric(runs, name) for runs in seen.values()]
        axes.plot(COUNTS, rows, "o", color=colour, ms=4.5, alpha=0.6)
        axes.plot(COUNTS, [sum(row) / len(row) for row in rows], color=colour, lw=2, label=label)
    axes.set(xlabel="sets of masks in training and test", ylabel="test -log p (nats)", title="A dot a seed")
    log_ticks(axes, COUNTS, "x")
    axes.legend(loc="upper left")
    return figure


CLAIM = Claim(
    key="few-masks",
    kind="the paper's statement",
    statement="A few sets of masks make the likelihood better, and many make it worse again.",
    where="sec. 6.2, Fig. 2: 500 units on MNIST, best with six or seven sets, and with 32 worse than with one",
    measures=(TEST, SINGLE, TRAIN),
    arms=tuple(ARMS.values()),
    conditions=limit_from(
        "paper",
        on_average(smallest(TEST.of(TWO, FOUR)) < TEST.of(ONE)).saying("a few help"),
        on_average(TEST.of(ONE) < TEST.of(MANY)).saying("many are worse than one"),
    ),
    remark="DNA instead of MNIST: a network of 50 units can be trained there until 30 passes are no better, which "
    "takes hours with 500 units on 50,000 digits. Twenty passes over MNIST are too few: more masks are learned "
    "later.",
    figure=figure,
    seeds=(3, 4, 5),
)
