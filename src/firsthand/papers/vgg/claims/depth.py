"""Five depths of one design, and response normalisation."""

from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, on_average
from firsthand.figures.curves import Runs, metric
from firsthand.figures.dots import dots, rows
from firsthand.figures.style import BLUE, GREEN, subplots
from firsthand.papers.vgg.small import SIZE, trained, training


def depth(network: Literal["A", "A-LRN", "B", "D", "E"] = "A", steps: int = 400, seed: int = 0) -> Outcome:
    """Test error and last training loss of a small network from He's first weights.

    Args:
        network: configuration whose depth it has.
        steps: of SGD with batches of 32.
        seed: of weights, order and dropout.
    """
    run = training(network, seed, 12_800)
    losses = trained(run, steps)
    return {"test_error": run.score("test")["error"], "train_loss": sum(losses[-4:]) / 4, "losses": losses}


TEST = Measure("test_error", "test error (%)", scale=100.0, digits=1)
LOSS = Measure("train_loss", "training loss of the last 100 steps (nats)")
PRINTED = {"A": 29.6, "A-LRN": 29.7, "B": 28.7, "D": 27.0, "E": 27.3}  # top-1 errors on ImageNet, smallest side 256
ARMS = A, LRN, B, D, E = tuple(Arm(name, experiment=depth, overrides={"network": name}) for name in PRINTED)


def figure(seen: Runs) -> Figure:
    """Every run's test error beside the paper's errors on ImageNet, network by network."""
    figure, ours, theirs = subplots(9.6, 3.2, 2, sharey=True)
    for row, arm in enumerate(ARMS):
        errors = [TEST.scale * value for value in metric(seen[arm.name], TEST.name)]
        dots(ours, row, errors, BLUE)
        ours.plot([np.mean(errors)], [row], "|", color=BLUE, ms=18, mew=2)
        dots(theirs, row, [PRINTED[arm.name]], GREEN)
    for axes, title in ((ours, "Small networks on Fashion-MNIST"), (theirs, "The paper's on ImageNet (top-1)")):
        axes.set(xlabel="error (%)", title=title)
        rows(axes, [arm.name for arm in ARMS])
    return figure


CLAIM = Claim(
    key="depth",
    kind="the paper's statement",
    statement="At one fixed design deeper networks make fewer errors, up to D and E; LRN does not help.",
    where="sec. 4.1, Table 3: top-1 errors of 29.6 % (A), 29.7 (A-LRN), 28.7 (B), 27.0 (D) and 27.3 (E)",
    measures=(TEST, LOSS),
    arms=ARMS,
    conditions=limit_from(
        "paper",
        on_average(TEST.of(D) <= TEST.of(A)),
        on_average(TEST.of(E) <= TEST.of(A)),
        (TEST.of(LRN) >= TEST.of(A) - 1).saying("LRN does not gain a point"),
    ),
    remark=f"{SIZE} One pass over 12,800 garments, which is far from the end of training: the paper trained for 74 "
    "passes over 1.3 million images. Its errors are of another task and stand in the figure, not in the table. The "
    "deeper networks are behind on the training set, too: they learn more slowly, and many more passes would have to "
    "settle who ends lower.",
    figure=figure,
)
