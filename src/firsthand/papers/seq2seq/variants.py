"""The published networks by name."""

import torch
from jaxtyping import Int
from torch import Tensor

from firsthand.papers.seq2seq.model import Config

VARIANTS: dict[str, Config] = {
    # Section 3.4, with the words of section 3.1.
    "paper": Config(vocab=80_000, source_vocab=160_000),
    # The GRU of Dive into Deep Learning, section 10.7, which reads forwards, with the tokens of its small data set.
    "d2l": Config(
        vocab=256, source_vocab=256, embed=256, hidden=256, layers=2, cell="gru", reverse=False, context=True,
        dropout=0.2,
    ),
}  # fmt: skip


def example(config: object) -> tuple[Int[Tensor, "1 places"], Int[Tensor, "1 time"]]:
    """A sentence of 25 tokens and its translation, as many."""
    return torch.ones(1, 25, dtype=torch.int64), torch.ones(1, 25, dtype=torch.int64)
