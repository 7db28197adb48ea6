"""Logits averaged over orderings: a loss that looks better than the likelihood, and is the likelihood of nothing."""

from math import nan

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.descent import seeded
from firsthand.claims.bench.training import Training
from firsthand.options import override
from firsthand.papers.made import likelihood
from firsthand.papers.made.model import MADE, Config
from firsthand.papers.made.recipe import PRESETS

INPUTS, SETS = 8, 10


def totals(ordering: str = "agnostic", seed: int = 0) -> Outcome:
    """What the probabilities of all 2^8 vectors add up to, of ten sets of masks in two kinds of average.

    Args:
        ordering: agnostic for ten orderings, random for one with ten connectivities.
        seed: of weights and masks.
    """
    generator = seeded(seed)
    model = MADE(Config(INPUTS, (20,), ordering=ordering, masks=SETS)).double().eval()
    for p in model.parameters():
        p.data = torch.randn(p.shape, generator=generator, dtype=torch.float64)
    x = likelihood.every(INPUTS)
    with torch.no_grad():
        logits = torch.stack([model(x, model.numbered(number)) for number in range(SETS)])
        mixture = likelihood.mixture(likelihood.each(model, x, range(SETS)))
        averaged = -likelihood.nats(logits.mean(0), x)
    sums = {"mixture": abs(mixture.exp().sum().item() - 1), "averaged": abs(averaged.exp().sum().item() - 1)}
    return sums | dict.fromkeys(("nll", "single", "reads"), nan)


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
        "mixture": nan,
        "averaged": nan,
        "nll": -likelihood.mixture(each).mean().item(),
        "single": -each.mean().item(),
        "reads": averaged.mean().item(),
    }


MIXTURE = Measure("mixture", "mixture: sum over all vectors, from 1", digits=15)
AVERAGED = Measure("averaged", "averaged logits: sum over all vectors, from 1", digits=4)
NLL = Measure("nll", "DNA: mixture (nats)", digits=2)
SINGLE = Measure("single", "DNA: one set of masks (nats)", digits=2)
READS = Measure("reads", "DNA: averaged logits read (nats)", digits=2)
ORDERINGS = Arm("ten orderings", experiment=totals)
ONE = Arm("one ordering, ten connectivities", experiment=totals, overrides={"ordering": "random"})
DNA = Arm("trained on DNA, 32 orderings", experiment=reading)

CLAIM = Claim(
    key="averaged-logits",
    kind="our question",
    statement="Probabilities averaged over orderings are a distribution; averaged logits are none, and look better.",
    where="sec. 4.2, which averages probabilities; public code averages logits",
    measures=(MIXTURE, AVERAGED, NLL, SINGLE, READS),
    arms=(ORDERINGS, ONE, DNA),
    conditions=(
        *limit_from(
            "theory",
            (AVERAGED.of(ORDERINGS) >= 1e-4).saying("averaged logits of several orderings are no distribution"),
            (MIXTURE.of(ORDERINGS, ONE) <= 1e-12).saying("the mixture is one"),
            (AVERAGED.of(ONE) <= 1e-12).saying("so are averaged logits of one ordering"),
            (NLL.of(DNA) < SINGLE.of(DNA)).saying("the mixture is better than its parts"),
        ),
        *limit_from("pilot", (NLL.of(DNA) - READS.of(DNA) >= 5).saying("averaged logits seem better still")),
    ),
    remark="Eight bits, one hidden layer of 20, weights and biases from N(0, 1), ten sets of masks, float64; and the "
    "preset `dna-masks` after 100 passes, on the 1,186 test examples. The logit of input d, averaged over orderings, "
    "depends on inputs that come after d in some of them: what it reads is the logarithm of no probability, and no "
    "number to compare with. With one ordering the average depends on earlier inputs only, and is one more "
    "autoregressive model.",
    seeds=(3, 4, 5),
)
