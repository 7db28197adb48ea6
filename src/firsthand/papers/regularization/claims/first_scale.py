"""First weights of seven scales, with batch norm and without."""

from math import log10

from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome
from firsthand.figures.curves import Runs, arms, level
from firsthand.figures.style import subplots
from firsthand.papers.regularization import examples
from firsthand.papers.regularization.training import FIVE, drawn, fit, score

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def first_scale(batch_norm: bool = False, steps: int = 200, seed: int = 0) -> Outcome:
    """How the error on digits depends on the scale of the first weights of five rectifier layers.

    Args:
        batch_norm: whether every hidden layer is normalised.
        steps: steps of SGD with momentum 0.9, rate 0.01 and batches of 64 on 800 digits.
        seed: of images, weights and order.
    """
    sets = examples.digits(800, 100, 0.0, seed)
    errors = []
    for scale in SCALES:
        network = drawn(seed, 100, (100,) * 5, activation="relu", init="he", gain=scale, batch_norm=batch_norm)
        fit(network, sets.train, steps, 64, seed, lr=0.01, momentum=0.9)
        errors.append(score(network, sets.test)[1])
    fine = [scale for scale, error in zip(SCALES, errors, strict=True) if error < 10]
    width = log10(max(fine) / min(fine)) if fine else 0.0
    return {"best": min(errors), "spread": max(errors) - min(errors), "width": width, "errors": errors}


SPREAD = Measure("spread", f"highest minus lowest over scales of {SCALES[0]:g} to {SCALES[-1]:g} (points)", digits=1)
WIDTH = Measure("width", "scales with less than 10 % error (powers of ten)", digits=2)
NORMALISED = Arm("batch norm", experiment=first_scale, overrides={"batch_norm": True})
PLAIN = Arm("no batch norm", experiment=first_scale)


def figure(seen: Runs) -> Figure:
    """Test error against the scale of the first weights, a line a seed."""
    figure, axes = subplots(7.4, 4)
    arms(axes, seen, "errors", marker="o", ms=4)
    level(axes, 90, "a guess", end=0.54)
    axes.set(ylim=(0, 100), title="Test error by the scale of the first weights")
    axes.set(xlabel="scale of the first weights (1: He's)", ylabel="test error after 200 steps (%)")
    axes.set_xticks(range(1, 1 + len(SCALES)), [f"{scale:g}" for scale in SCALES])
    axes.legend(loc="center", bbox_to_anchor=(0.5, 0.62))
    return figure


CLAIM = Claim(
    key="first-scale",
    kind="the paper's statement",
    statement="With batch norm the scale of the first weights hardly matters.",
    where="Ioffe & Szegedy (2015) sec. 3.3: BN((aW)u) = BN(Wu)",
    measures=(Measure("best", "lowest test error (%)", digits=2), SPREAD, WIDTH),
    arms=(NORMALISED, PLAIN),
    conditions=(SPREAD.of(NORMALISED) < 10, SPREAD.of(PLAIN) > 50, WIDTH.of(NORMALISED) >= 3 * WIDTH.of(PLAIN)),
    seeds=FIVE,
    remark="Five layers of 100 rectifiers on 800 digits, 200 steps; all hidden weights are He's times the scale. "
    "The output does not depend on the scale, but the gradient for aW is 1/a of that for W: larger weights learn "
    "more slowly, which is what batch norm leaves of the spread. A rate that grows with the square of the scale would "
    "make up for it, and more steps would shrink it. Width counts the seven scales tried. The limits are ours.",
    figure=figure,
)
