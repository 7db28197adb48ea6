"""Parameters of the two networks of the paper."""

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, near_paper
from firsthand.papers.bert.model import Encoder
from firsthand.papers.bert.variants import VARIANTS


def counts(variant: str = "base", seed: int = 0) -> Outcome:
    """Count the parameters of an encoder with its pooler, with 30,522 tokens.

    Args:
        variant: one of the networks.
        seed: of nothing, since nothing is drawn.
    """
    with torch.device("meta"):
        network = Encoder(VARIANTS[variant])
    return {"parameters": sum(p.numel() for p in network.parameters())}


PARAMETERS = Measure("parameters", "parameters (millions)", 1e-6, 1)
BASE = Arm("base", experiment=counts, paper={"parameters": 110.0})
LARGE = Arm("large", experiment=counts, overrides={"variant": "large"}, paper={"parameters": 340.0})

CLAIM = Claim(
    key="counts",
    kind="the paper's number",
    statement="BERT base has 110 million parameters, BERT large 340 million.",
    where="section 3",
    measures=(PARAMETERS,),
    arms=(BASE, LARGE),
    conditions=limit_from("theory", *(near_paper(arm, PARAMETERS, share=0.02) for arm in (BASE, LARGE))),
    seeds=(0,),
    remark="Counted, so one seed. The encoder with its pooler and the 30,522 tokens of the published network that "
    "reads lower case; the paper rounds, and says 30,000 tokens. The heads of pre-training add 0.6 and 1.1 million.",
)
