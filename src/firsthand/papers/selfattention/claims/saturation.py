"""How sharp the softmax is for long queries, with the scale and without, before any training."""

from math import log, sqrt

import torch
from matplotlib.figure import Figure
from torch import Generator

from firsthand.claims import Arm, Claim, Measure, Outcome, each, limit_from, near_paper, ordered, within
from firsthand.figures.curves import Runs, against, level
from firsthand.figures.style import subplots
from firsthand.nn import softmax
from firsthand.papers.selfattention.scores import COLOURS, SIZES, Score, entropy, flat, scores

KEYS = 32
HIGHEST = 2.0697  # the expected largest of 32 numbers of N(0, 1)


def saturation(score: Score = "scaled", rows: int = 5000, seed: int = 0) -> Outcome:
    """How sharp the softmax over 32 keys of N(0, 1) is for d_k from 4 to 1024: scores, weights, and slope.

    The slope is the mean of a (1 - a), the diagonal of the softmax's Jacobian.

    Args:
        score: q . k / sqrt(d_k), q . k, or v . tanh(q + k) with v of N(0, 1 / d_k).
        rows: queries, with 32 keys of their own each.
        seed: of all of them.
    """
    generator, found = Generator().manual_seed(seed), {}
    for size in SIZES:
        parts = []
        for part in torch.empty(rows).split(500):
            q, k = (torch.randn(len(part), n, size, generator=generator) for n in (1, KEYS))
            s = scores(score, q, k, torch.randn(size, generator=generator) / sqrt(size))
            a = softmax(s)
            parts.append((s.square().mean(), entropy(a), a.amax(1).mean(), (a * (1 - a)).mean()))
        for name, values in zip(("variance", "entropy", "largest", "slope"), zip(*parts, strict=True), strict=True):
            found[f"{name} {size}"] = torch.stack(values).mean().item()
    return found


VARIANCE = Measure("variance 64", "variance of a score, d_k = 64", digits=2)
ENTROPY = [Measure(f"entropy {size}", f"entropy of a, d_k = {size}") for size in SIZES]
SLOPE = [Measure(f"slope {size}", f"mean a (1 - a), d_k = {size}", digits=4) for size in SIZES]
RAW = Arm("raw", experiment=saturation, overrides={"score": "raw"}, paper={VARIANCE.name: 64.0})
SCALED = Arm("scaled", experiment=saturation, paper={VARIANCE.name: 1.0})
ADDITIVE = Arm("additive", experiment=saturation, overrides={"score": "additive"})
sharp = each(*(KEYS * sqrt(size) * measure.of(RAW) for size, measure in zip(SIZES[2:], SLOPE[2:], strict=True)))


def figure(seen: Runs) -> Figure:
    """Entropy, and the softmax's slope, against d_k; a dot a seed."""
    figure, left, right = subplots(10, 3.9, 2)
    for axes, what, least in ((left, "entropy", 0.2), (right, "slope", 0.002)):
        against(axes, seen, what, SIZES, COLOURS, least)
        axes.set(ylim=(0, 1.08 * axes.get_ylim()[1]), xlabel="d_k, numbers of a query")
    level(left, log(KEYS), f"all {KEYS} keys alike")
    left.set(ylabel="entropy of the weights (nats)", title="How many keys share the answer")
    right.set(ylabel="mean a (1 - a)", title="What the softmax lets through of a gradient")
    return figure


CLAIM = Claim(
    key="saturation",
    kind="identity",
    statement="The variance of q . k grows with d_k and saturates the softmax; dividing by sqrt(d_k) prevents it.",
    where="section 3.2.1 and footnote 4",
    measures=(VARIANCE, *ENTROPY, *SLOPE),
    arms=(RAW, SCALED, ADDITIVE),
    conditions=limit_from(
        "theory",
        near_paper(RAW, VARIANCE, share=0.05),
        near_paper(SCALED, VARIANCE, share=0.05),
        ordered(*(measure.of(RAW) for measure in reversed(ENTROPY))),
        within(sharp, HIGHEST, share=0.05).saying("the slope that a saturated softmax has"),
        flat(SCALED, ENTROPY, 0.05),
        flat(SCALED, SLOPE, 0.05),
    ),
    remark="A slope a (1 - a) is what the softmax lets through of a score's gradient. For scores s of N(0, d_k) the "
    "sum of a (1 - a) over the keys has the mean of the sum of a s, divided by d_k (Stein's lemma). When the softmax "
    "is saturated, the sum of a s is the largest s, the mean of which is sqrt(d_k) times that of the largest of "
    f"{KEYS} numbers of N(0, 1), {HIGHEST}. This condition took the place of one that asked for entropies and slopes "
    "within 5 % of a simulation of our own: its entropies were given in two digits, too coarse for that, and one seed "
    "failed it at d_k = 256.",
    figure=figure,
)
