"""The language model on torch.nn.RNN."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.rnn.model import Config
from firsthand.papers.rnn.recipe import PRESETS

_PAPER = PRESETS["paper"]
VARIANTS = {
    "laptop": PRESETS["laptop"],
    "paper": _PAPER,
    "book's own weights": replace(_PAPER, model=Config(init="normal")),
    "stacked": PRESETS["stacked"],
    "relu": replace(_PAPER, model=Config(hidden=13, layers=3, nonlinearity="relu")),
}


class Network(Twin):
    """nn.Embedding or one-hot vectors, nn.RNN and nn.Linear; its parameters have our names."""

    overfit = (60, 0.005)

    def __init__(self, config: Config):
        super().__init__()
        self.vocab = config.vocab or 28
        self.embedding = None if config.embed is None else nn.Embedding(self.vocab, config.embed)
        self.recurrent = nn.RNN(
            config.embed or self.vocab,
            config.hidden,
            config.layers,
            nonlinearity=config.nonlinearity,
            dropout=config.dropout,
            batch_first=True,
        )
        self.output = nn.Linear(config.hidden, self.vocab)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (batch, time, vocab)."""
        if self.embedding is None:
            x = nn.functional.one_hot(tokens, self.vocab).to(self.output.weight.dtype)
        else:
            x = self.embedding(tokens)
        return self.output(self.recurrent(x)[0])

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Windows of random tokens and the tokens that follow each."""
        text = torch.randint(28, (size, 33), generator=generator)
        return text[:, :-1], text[:, 1:]
