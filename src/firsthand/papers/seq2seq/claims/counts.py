"""Parameters of the published network, and the numbers that a sentence becomes."""

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from, near_paper
from firsthand.papers.seq2seq.model import Seq2Seq
from firsthand.papers.seq2seq.variants import VARIANTS


def counts(variant: str = "paper", seed: int = 0) -> Outcome:
    """Count a network's weights, those of its recurrent layers, and the numbers of v.

    Args:
        variant: one of the published networks.
        seed: of nothing, since nothing is drawn.
    """
    config = VARIANTS[variant]
    with torch.device("meta"):
        network = Seq2Seq(config)
    weights = {name: p.numel() for name, p in network.named_parameters() if p.ndim > 1}
    recurrent = sum(count for name, count in weights.items() if name.startswith(("encoder", "decoder")))
    parameters = sum(p.numel() for p in network.parameters())
    states = 1 if config.cell == "gru" else 2
    return {
        "weights": sum(weights.values()),
        "recurrent": recurrent,
        "numbers": states * config.layers * config.hidden,
        "biases": parameters - sum(weights.values()),
    }


WEIGHTS = Measure("weights", "weights (millions)", 1e-6, 1)
RECURRENT = Measure("recurrent", "weights of the recurrent layers (millions)", 1e-6, 1)
NUMBERS = Measure("numbers", "numbers that a sentence becomes", digits=0)
PAPER = Arm("four layers of 1,000 cells", experiment=counts,
            paper={"weights": 384.0, "recurrent": 64.0, "numbers": 8000.0})  # fmt: skip

CLAIM = Claim(
    key="counts",
    kind="the paper's number",
    statement="The network has 384 million parameters, 64 million of them recurrent; a sentence becomes 8,000 numbers.",
    where="section 3.4",
    measures=(WEIGHTS, RECURRENT, NUMBERS, Measure("biases", "biases", digits=0)),
    arms=(PAPER,),
    conditions=limit_from("theory", *(near_paper(PAPER, measure, by=0.5) for measure in (WEIGHTS, RECURRENT, NUMBERS))),
    seeds=(0,),
    remark="Counted, so one seed. The printed numbers come out if biases do not count: with torch's two for every gate "
    "there are 144,000 more. Peepholes would be 24,000 more.",
)
