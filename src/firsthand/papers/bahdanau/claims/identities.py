"""What must be so whatever the weights, and at the first step of training."""

from typing import Literal

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.copying import FIRST, sentences
from firsthand.claims.bench.translating import apart, by_padding, by_steps
from firsthand.data.sentences import PAD
from firsthand.nn import cross_entropy
from firsthand.papers.bahdanau.model import Config, RNNsearch, shifted

TOKENS = 20


def identities(state: Literal["before", "after"] = "before", both: bool = True, seed: int = 0) -> Outcome:
    """The largest differences, in double precision, between what must be equal.

    "uniform" is how far the first weights are from 1 / T, relative; "entropy" is ln T less theirs; "still" is the
    largest gradient of W_a and U_a at the first step.

    Args:
        state: the decoder's state that the output sees, before or after the step.
        both: whether the encoder reads in both directions.
        seed: of the weights and the sentences.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    sizes = {"vocab": FIRST + TOKENS, "embed": 12, "hidden": 16, "maxout": 8, "state": state, "both": both}
    source, target = (sentences(6, lengths, generator, TOKENS) for lengths in ((3, 9), (2, 7)))
    network = RNNsearch(Config(**sizes, init="layers")).double()
    padding, steps = by_padding(network, source, target), by_steps(network, source, target, shifted(target))
    ones = apart(network.alignments(source, target).sum(2), torch.ones_like(target, dtype=torch.float64))
    first = RNNsearch(Config(**sizes)).double()
    cross_entropy(first(source, target).flatten(0, 1), target.flatten(), ignore_index=PAD).backward()
    lengths = (source != PAD).sum(1)
    weights = first.alignments(source, target)
    there = (source != PAD)[:, None].expand_as(weights)
    uniform = apart((weights * lengths[:, None, None])[there], torch.ones(int(there.sum()), dtype=torch.float64))
    entropy = apart(-torch.special.xlogy(weights, weights).sum(2), lengths.double().log()[:, None])
    still = max(p.grad.abs().max().item() for p in (first.attention.query.weight, first.attention.key.weight))
    told = {"uniform": uniform, "entropy": entropy, "still": still, "ones": ones}
    return told | {"padding": padding, "steps": steps}


WORDS = {
    "padding": "by padding, or by the other sentences",
    "steps": "of writing step by step",
    "ones": "of a token's weights from 1 in sum",
    "uniform": "of the first weights from equal ones, relative",
    "entropy": "of the entropy of the first weights from ln T",
}
MEASURES = tuple(Measure(name, f"largest difference {words} (10⁻¹²)", 1e12) for name, words in WORDS.items())
STILL = Measure("still", "largest gradient of W_a and U_a at the first step (10⁻¹²)", 1e12)
ARMS = (
    Arm("as published", experiment=identities),
    Arm("output sees s_i", experiment=identities, overrides={"state": "after"}),
    Arm("encoder forwards only", experiment=identities, overrides={"both": False}),
)

CLAIM = Claim(
    key="identities",
    kind="identity",
    statement="Padding changes nothing, writing step by step gives what one pass gives, and at first, with v = 0, "
    "every place is looked at alike and only v learns.",
    where="section 3.1 and appendix B.1",
    measures=(*MEASURES, STILL),
    arms=ARMS,
    conditions=limit_from(
        "theory",
        *(measure.of(*ARMS) <= 100 for measure in MEASURES),
        STILL.of(*ARMS) <= 100,
    ),
    remark="In double precision, with 16 units; the first two with each layer's own first weights, under which every "
    "part is at work.",
)
