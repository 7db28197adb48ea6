"""Drawing bit after bit in the network's ordering, beside the naive loop, and in an ordering that is not its own."""

import torch
from torch import Generator

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.descent import seeded
from firsthand.papers.made.likelihood import every, nats
from firsthand.papers.made.model import MADE, Config
from firsthand.papers.made.sampling import draw

INPUTS, DRAWN = 8, 20_000


def sampling(natural: bool = False, conditioning: bool = False, seed: int = 0) -> Outcome:
    """How far 20,000 drawn vectors of eight bits are from the probabilities that the network gives them.

    "chi2" is Pearson's statistic over its 255 degrees of freedom, about 1 if they are drawn from the distribution;
    vectors of which fewer than five are expected count together. "differ" counts bits that a loop of whole forward
    passes draws otherwise from the same random numbers.

    Args:
        natural: draw in the natural order, whatever the network's own is.
        conditioning: whether the network has conditioning weights.
        seed: of weights, masks and draws.
    """
    generator = seeded(seed)
    config = Config(INPUTS, (20, 15), "relu", direct=True, conditioning=conditioning, ordering="random")
    model, x = MADE(config).double().eval(), every(INPUTS)
    for p in model.parameters():
        p.data = torch.randn(p.shape, generator=generator, dtype=torch.float64) / 2
    m, nothing = model.degrees(0), torch.zeros(INPUTS, dtype=torch.bool)
    empty = torch.zeros(DRAWN, INPUTS, dtype=torch.float64)
    naive, given = empty.clone(), Generator().manual_seed(seed)
    order = range(INPUTS) if natural else m[0].argsort().tolist()
    with torch.no_grad():
        for d in order:
            chance = torch.rand(DRAWN, generator=given, dtype=torch.float64)
            naive[:, d] = (chance < model(naive, model.masks(m))[:, d].sigmoid()).double()
        expected = DRAWN * nats(model(x), x).neg().exp()
    ours = naive if natural else draw(model, m, empty, nothing, Generator().manual_seed(seed))
    counts = torch.bincount((ours @ 2.0 ** torch.arange(INPUTS - 1, -1, -1).double()).long(), minlength=len(x)).double()
    rare = expected < 5
    counts, expected = (torch.cat([v[~rare], v[rare].sum()[None]]) for v in (counts, expected))
    chi2 = (counts - expected).square() / expected.clamp(min=1e-300)
    return {"differ": int((ours != naive).sum()), "chi2": (chi2.sum() / max(len(chi2) - 1, 1)).item()}


DIFFER = Measure("differ", "bits unlike the naive loop's (of 160,000)", digits=0)
CHI2 = Measure("chi2", "chi-squared over its degrees of freedom", digits=2)
OWN = Arm("in its own order", experiment=sampling)
CONDITIONED = Arm("with conditioning weights", experiment=sampling, overrides={"conditioning": True})
NATURAL = Arm("in the natural order", experiment=sampling, overrides={"natural": True})

CLAIM = Claim(
    key="sampling",
    kind="identity",
    statement="D passes draw from the distribution, if they go in the network's ordering.",
    where="sec. 4",
    measures=(DIFFER, CHI2),
    arms=(OWN, CONDITIONED, NATURAL),
    conditions=limit_from(
        "theory",
        (DIFFER.of(OWN, CONDITIONED) <= 0).saying("what `firsthand sample` draws is what the naive loop draws"),
        (CHI2.of(OWN, CONDITIONED) <= 1.5).saying("and has the network's probabilities"),
        (CHI2.of(NATURAL) >= 2).saying("in another order it has not"),
    ),
    remark="Eight bits in a random ordering, two hidden layers, weights and biases from N(0, 1/4), float64. "
    "Chi-squared over its k degrees of freedom has the deviation sqrt(2 / k): 1.5 is more than three deviations from 1 "
    "where k is at least 80. Drawing in the natural order with a network of another is a mistake that no error tells.",
    seeds=(3, 4, 5),
)
