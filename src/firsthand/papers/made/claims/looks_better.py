"""Averaged logits of a trained network: a loss that looks better than its likelihood, and is one of nothing."""

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.training import Training
from firsthand.options import override
from firsthand.papers.made import likelihood
from firsthand.papers.made.recipe import PRESETS


def reading(masks: int = 32, steps: int = 1400, seed: int = 0) -> Outcome:
    """Three numbers of one network after 100 passes over DNA: of the mixture, of its parts, and of averaged logits.

    Args:
        masks: sets of masks, each with an ordering of its own.
        steps: updates.
        seed: of weights, masks and order.
    """
    recipe = override(PRESETS["dna-masks"], {"seed": seed, "model.masks": masks})
    run = Training(recipe)
    for _ in run.steps(steps):
        pass
    x = run.task.test.batch(torch.arange(len(run.task.test)))[0]
    model = run.network.eval()
    with torch.no_grad():
        logits = sum(model(x, model.numbered(number)) for number in range(masks)) / masks
        each = likelihood.each(model, x, range(masks))
    averaged = likelihood.nats(logits, x)
    return {
        "nll": -likelihood.mixture(each).mean().item(),
        "single": -each.mean().item(),
        "reads": averaged.mean().item(),
    }


NLL = Measure("nll", "mixture (nats)", digits=2)
SINGLE = Measure("single", "one set of masks (nats)", digits=2)
READS = Measure("reads", "averaged logits read (nats)", digits=2)
DNA = Arm("DNA, 32 orderings", experiment=reading)
ONE = Arm("DNA, one ordering", experiment=reading, overrides={"masks": 1})

CLAIM = Claim(
    key="looks-better",
    kind="our question",
    statement="What averaged logits read looks better than the likelihood of the same network.",
    where="sec. 4.2, which averages probabilities; public code averages logits",
    measures=(NLL, SINGLE, READS),
    arms=(DNA, ONE),
    conditions=(
        *limit_from("pilot", (NLL.of(DNA) - READS.of(DNA) >= 5).saying("averaged logits seem better")),
        *limit_from(
            "theory",
            (NLL.of(DNA) < SINGLE.of(DNA)).saying("the mixture is better than its parts"),
            (abs(NLL.of(ONE) - READS.of(ONE)) <= 1e-3).saying("with one ordering the two are one"),
        ),
    ),
    remark="The preset `dna-masks` after 100 passes, on the 1,186 test examples. What averaged logits read is the "
    "logarithm of no probability (claim `averaged-logits`), and no number to compare with.",
    seeds=(3, 4, 5),
)
