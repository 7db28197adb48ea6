"""The language model on torch.nn.GRU; the reset gate before the product, which torch lacks, step by step."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.gru.model import Config
from firsthand.papers.gru.recipe import PRESETS

_PAPER = PRESETS["paper"]
VARIANTS = {
    "laptop": PRESETS["laptop"],
    "paper": _PAPER,
    "stacked": PRESETS["stacked"],
    "before": replace(_PAPER, model=Config(hidden=13, reset="before")),
    "before, stacked": replace(_PAPER, model=Config(hidden=11, layers=2, reset="before")),
}


class Before(nn.GRU):
    """nn.GRU's weights, walked through by the equations of the paper."""

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        """All outputs of the last layer, from a state of zeros."""
        for layer in range(self.num_layers):
            weights = (getattr(self, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
            (w_r, w_z, w_n), (u_r, u_z, u_n), (b_r, b_z, b_n), (c_r, c_z, c_n) = (part.chunk(3) for part in weights)
            h, outputs = x.new_zeros(len(x), self.hidden_size), []
            for x_t in x.unbind(1):
                r = torch.sigmoid(x_t @ w_r.T + b_r + h @ u_r.T + c_r)
                z = torch.sigmoid(x_t @ w_z.T + b_z + h @ u_z.T + c_z)
                n = torch.tanh(x_t @ w_n.T + b_n + (r * h) @ u_n.T + c_n)
                h = z * h + (1 - z) * n
                outputs.append(h)
            x = torch.stack(outputs, 1)
        return x, None


class Network(Twin):
    """nn.Embedding or one-hot vectors, nn.GRU and nn.Linear; its parameters have our names."""

    overfit = (30, 0.01)

    def __init__(self, config: Config):
        super().__init__()
        self.vocab = config.vocab or 28
        self.embedding = None if config.embed is None else nn.Embedding(self.vocab, config.embed)
        kind = nn.GRU if config.reset == "after" else Before
        self.recurrent = kind(
            config.embed or self.vocab, config.hidden, config.layers, dropout=config.dropout, batch_first=True
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

    @classmethod
    def batch_for(cls, recipe: Any, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same, shorter for the form that walks step by step."""
        inputs, targets = cls.batch(size, generator)
        return (inputs, targets) if recipe.model.reset == "after" else (inputs[:, :9], targets[:, :9])
