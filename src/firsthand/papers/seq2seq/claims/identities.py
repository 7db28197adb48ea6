"""What must be so whatever the weights: no trace of padding, no difference step by step, and a search that searches."""

from itertools import product
from typing import Literal

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.copying import FIRST, sentences
from firsthand.claims.bench.translating import by_padding, by_steps
from firsthand.data.sentences import PAD
from firsthand.papers.seq2seq.model import Config, Seq2Seq, shifted
from firsthand.train.decoding import Decoding, log_probabilities, search

TOKENS, WRITTEN = 3, 3  # for a search that can be exhausted: tokens, and how many are written at most


@torch.no_grad()
def identities(cell: Literal["lstm", "peephole", "gru"] = "lstm", context: bool = False, seed: int = 0) -> Outcome:
    """The largest differences, in double precision, between outputs that must be equal.

    Args:
        cell: what a layer is made of.
        context: whether the encoder's last state stands beside every word.
        seed: of the weights and the sentences.
    """
    torch.manual_seed(seed)
    config = Config(vocab=FIRST + TOKENS, embed=8, hidden=16, layers=3, cell=cell, context=context, start=0.8)
    network, generator = Seq2Seq(config).double().eval(), torch.Generator().manual_seed(seed)
    source, target = (sentences(6, lengths, generator, TOKENS) for lengths in ((3, 9), (2, 7)))
    beam, best = 0.0, 0.0
    for row in source:
        row = row[row != PAD][None]
        written = [list(some) for n in range(WRITTEN + 1) for some in product(range(FIRST, FIRST + TOKENS), repeat=n)]
        scores = [log_probabilities(network, row, some).sum().item() for some in written]
        (found,) = search(network, row, Decoding(beam=len(written), alpha=0.0, extra=0), most=WRITTEN)
        best = max(best, abs(found[0].log_p - max(scores)))
        beam = max(beam, *(abs(one.log_p - scores[written.index(one.tokens)]) for one in found))
    padding, steps = by_padding(network, source, target), by_steps(network, source, target, shifted(target))
    return {"padding": padding, "steps": steps, "beam": beam, "best": best}


EXACT = tuple(
    Measure(name, f"largest difference {words} (10⁻¹²)", 1e12)
    for name, words in (("padding", "by padding, or by the other sentences"), ("steps", "of writing step by step"))
)
ROUNDED = tuple(
    Measure(name, f"largest difference of {words} (10⁻⁶)", 1e6, 2)
    for name, words in (
        ("beam", "a beam's score from the sum of log-probabilities"),
        ("best", "the best score of a beam from that of all sentences"),
    )
)
ARMS = (
    Arm("LSTM", experiment=identities),
    Arm("LSTM with peepholes", experiment=identities, overrides={"cell": "peephole"}),
    Arm("GRU with context", experiment=identities, overrides={"cell": "gru", "context": True}),
)

CLAIM = Claim(
    key="identities",
    kind="identity",
    statement="Padding and other sentences change nothing, writing step by step gives what one pass gives, and a beam "
    "that is wide enough finds the likeliest sentence of all.",
    where="equation 1 and section 3.2",
    measures=(*EXACT, *ROUNDED),
    arms=ARMS,
    conditions=limit_from(
        "theory",
        *((measure.of(*ARMS) <= 100) for measure in EXACT),
        *((measure.of(*ARMS) <= 20).saying("sums of float32") for measure in ROUNDED),
    ),
    remark="In double precision, with first weights, three layers of 16; the scores of a beam are kept in single "
    f"precision. The beam is as wide as there are sentences of up to {WRITTEN} of {TOKENS} tokens. Sources are turned "
    "round within their own lengths: code that turns the padding round, too, reads it first.",
)
