"""Weights of the published networks, by the shapes of appendix A.2.3."""

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, equal, limit_from
from firsthand.papers.bahdanau.model import RNNsearch
from firsthand.papers.bahdanau.variants import VARIANTS

PARTS = {"embeddings": ("source.", "embedding."), "encoder": ("encoder.",), "decoder": ("word.", "context.", "gates.",
         "candidate.", "start."), "alignment": ("attention.",), "output": ("deep.", "output.")}  # fmt: skip
# By hand, from the shapes that the appendix gives: n = n' = 1,000, m = 620, l = 500, 30,000 words on either side.
SHAPES = {
    "RNNsearch": {
        "embeddings": 2 * 620 * 30_000,
        "encoder": 2 * 3 * (1000 * 620 + 1000 * 1000),
        "decoder": 3 * (1000 * 620 + 1000 * 1000 + 1000 * 2000) + 1000 * 1000,
        "alignment": 1000 * 1000 + 1000 * 2000 + 1000,
        "output": 1000 * (1000 + 620 + 2000) + 30_000 * 500,
    },
    "RNNencdec": {
        "embeddings": 2 * 620 * 30_000,
        "encoder": 3 * (1000 * 620 + 1000 * 1000),
        "decoder": 3 * (1000 * 620 + 1000 * 1000 + 1000 * 1000) + 1000 * 1000,
        "alignment": 0,
        "output": 1000 * (1000 + 620 + 1000) + 30_000 * 500,
    },
}


def counts(variant: str = "RNNsearch", seed: int = 0) -> Outcome:
    """Count a network's weights, part by part, and all biases.

    Args:
        variant: one of the published networks.
        seed: of nothing, since nothing is drawn.
    """
    with torch.device("meta"):
        network = RNNsearch(VARIANTS[variant])
    sizes = {name: p.numel() for name, p in network.named_parameters()}
    weights = {name: count for name, count in sizes.items() if "bias" not in name}
    found = {part: sum(n for name, n in weights.items() if name.startswith(names)) for part, names in PARTS.items()}
    total = sum(weights.values())
    return found | {"weights": total, "biases": sum(sizes.values()) - total}


TOTAL = Measure("weights", "weights", digits=0)
MEASURES = {part: Measure(part, f"weights: {part}", digits=0) for part in PARTS}
SEARCH, ENCDEC = (Arm(name, experiment=counts, overrides={"variant": name}) for name in SHAPES)

CLAIM = Claim(
    key="counts",
    kind="identity",
    statement="With the shapes of the appendix RNNsearch has 80.4 million weights and RNNencdec 68.5 million.",
    where="appendix A.2.3; the paper gives shapes, and no totals",
    measures=(TOTAL, *MEASURES.values(), Measure("biases", "biases", digits=0)),
    arms=(SEARCH, ENCDEC),
    conditions=limit_from(
        "theory",
        *(equal(TOTAL.of(arm), sum(SHAPES[arm.name].values())) for arm in (SEARCH, ENCDEC)),
        *(equal(MEASURES[part].of(arm), SHAPES[arm.name][part]) for arm in (SEARCH, ENCDEC) for part in PARTS),
    ),
    seeds=(0,),
    remark="Counted, so one seed. The paper leaves biases out of its equations; our encoder has two for every gate.",
)
