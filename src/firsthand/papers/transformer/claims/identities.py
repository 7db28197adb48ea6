"""What must be so whatever the weights: no look into the future, no trace of padding, no difference with a cache."""

from dataclasses import replace

import torch

from firsthand.claims import Arm, Claim, Measure, Outcome, each, limit_from
from firsthand.claims.bench.translating import apart, by_padding, by_steps
from firsthand.data.sentences import EOS, PAD
from firsthand.nn.position import sinusoids
from firsthand.papers.transformer.model import Config, Transformer, shifted
from firsthand.train.decoding import Decoding, log_probabilities, search

VOCAB, ROWS = 50, 6


@torch.no_grad()
def identities(norm: str = "post", positions: str = "sinusoidal", training: bool = False, seed: int = 0) -> Outcome:
    """The largest differences, in double precision, between outputs that must be equal.

    Args:
        norm: whether norms come after each sum ("post") or before each sub-layer ("pre").
        positions: what tells a token where it stands.
        training: whether the network is in training mode, and the future is looked for with dropout, too.
        seed: of the weights, the sentences and the masks of dropout.
    """
    torch.manual_seed(seed)
    config = Config(vocab=VOCAB, embed=32, heads=4, layers=3, hidden=48, norm=norm, positions=positions, length=40)
    network = Transformer(replace(config, dropout=0.0)).double().train(training)
    source, target = (torch.randint(4, VOCAB, (ROWS, time)) for time in (11, 9))
    source[::2, -4:], source[:, -1] = PAD, torch.where(torch.arange(ROWS) % 2 == 0, PAD, EOS)
    dropping = Transformer(replace(config, dropout=0.1 if training else 0.0)).double().train(training)
    dropping.load_state_dict(network.state_dict())

    def outputs(target: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(seed)  # the same masks each time
        return dropping(source, target)

    first, future = outputs(target), 0.0
    for place in range(target.shape[1]):
        other = target.clone()
        other[:, place] = (other[:, place] - 4 + 7) % (VOCAB - 4) + 4
        future = max(future, apart(outputs(other)[:, : place + 1], first[:, : place + 1]))
    return {
        "future": future,
        "padding": by_padding(network, source, target),
        "cache": by_steps(network, source, target, shifted(target)),
        "log p": _sums(network, source[1:2]),
        "offset": _offsets(64, 512),
    }


def _sums(network: Transformer, source: torch.Tensor) -> float:
    """How far the scores of a beam without a penalty are from the sums of log-probabilities."""
    (found,) = search(network, source, Decoding(beam=4, alpha=0.0, extra=0))
    return max(abs(one.score - log_probabilities(network, source, one.tokens).sum().item()) for one in found)


def _offsets(length: int, embed: int) -> float:
    """How far PE_a . PE_b is from a function of a - b alone."""
    torch.set_default_dtype(torch.float64)
    table = sinusoids(length, embed)
    torch.set_default_dtype(torch.float32)
    products = table @ table.T
    return max(apart(row, row[0].expand(len(row))) for row in (products.diagonal(k) for k in range(length)))


SMALL = "10⁻¹²"  # the unit of differences in double precision
FUTURE = Measure("future", f"largest change before a token that is changed ({SMALL})", 1e12, 3)
PADDING = Measure("padding", f"largest change by padding, or by the other sentences ({SMALL})", 1e12, 3)
CACHE = Measure("cache", f"largest difference of writing step by step ({SMALL})", 1e12, 3)
SUMS = Measure("log p", "largest difference of a beam's score from the sum of log-probabilities (10⁻⁶)", 1e6, 2)
OFFSET = Measure("offset", f"largest difference of PE_a · PE_b among equal a - b ({SMALL})", 1e12, 3)
POST = Arm("as published", experiment=identities)
TRAINING = Arm("in training mode", experiment=identities, overrides={"training": True})
PRE = Arm("norms first", experiment=identities, overrides={"norm": "pre"})
LEARNED = Arm("learned positions", experiment=identities, overrides={"positions": "learned"})
ALL = (POST, TRAINING, PRE, LEARNED)

CLAIM = Claim(
    key="identities",
    kind="identity",
    statement="A token depends on earlier ones only, in training and in evaluation, padding and other sentences change "
    "nothing, and writing step by step with kept keys and values gives what one pass gives.",
    where="sections 3.2.3 and 3.5; decoding in section 6.1",
    measures=(FUTURE, PADDING, CACHE, SUMS, OFFSET),
    arms=ALL,
    conditions=limit_from(
        "theory",
        FUTURE.of(*ALL) <= 100,
        each(PADDING.of(*ALL), CACHE.of(*ALL)) <= 100,
        (SUMS.of(*ALL) <= 100).saying("sums of float32"),
        OFFSET.of(*ALL) <= 100,
    ),
    remark="In double precision, with first weights, of width 32 and three layers; the scores of a beam are kept in "
    "single precision. In training mode the first is looked at with dropout, its masks from the same seed each time. "
    "Some code masks the future in training alone, and its validation losses are too good.",
)
