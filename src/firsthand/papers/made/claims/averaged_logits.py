"""Logits averaged over orderings: their probabilities do not add up to one."""

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.descent import seeded
from firsthand.papers.made import likelihood
from firsthand.papers.made.model import MADE, Config

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
    return {"mixture": abs(mixture.exp().sum().item() - 1), "averaged": abs(averaged.exp().sum().item() - 1)}


MIXTURE = Measure("mixture", "mixture: sum over all vectors, from 1", digits=15)
AVERAGED = Measure("averaged", "averaged logits: sum over all vectors, from 1", digits=4)
ORDERINGS = Arm("ten orderings", experiment=totals)
ONE = Arm("one ordering, ten connectivities", experiment=totals, overrides={"ordering": "random"})

CLAIM = Claim(
    key="averaged-logits",
    kind="our question",
    statement="Probabilities averaged over orderings are a distribution; averaged logits are none.",
    where="sec. 4.2, which averages probabilities; public code averages logits",
    measures=(MIXTURE, AVERAGED),
    arms=(ORDERINGS, ONE),
    conditions=limit_from(
        "theory",
        (AVERAGED.of(ORDERINGS) >= 1e-4).saying("averaged logits of several orderings are no distribution"),
        (MIXTURE.of(ORDERINGS, ONE) <= 1e-12).saying("the mixture is one"),
        (AVERAGED.of(ONE) <= 1e-12).saying("so are averaged logits of one ordering"),
    ),
    remark="Eight bits, one hidden layer of 20, weights and biases from N(0, 1), ten sets of masks, float64. The logit "
    "of input d, averaged over orderings, depends on inputs that come after d in some of them. With one ordering it "
    "depends on earlier inputs only, and is one more autoregressive model.",
    seeds=(3, 4, 5),
)
