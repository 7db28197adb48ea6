"""The network on torch.nn.LSTM or GRU, padded sources packed, words turned round row by row."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from firsthand.check.twin import Twin
from firsthand.check.twins.transformer import sentences
from firsthand.papers.seq2seq.model import Config
from firsthand.papers.seq2seq.recipe import PRESETS

PAD, BOS = 0, 1


class Network(Twin):
    """nn.Embedding, nn.LSTM or nn.GRU, and nn.Linear, under our names."""

    overfit = (150, 0.01)

    def __init__(self, config: Config):
        super().__init__()
        self.config, vocab = config, config.vocab or 1000
        self.source = nn.Embedding(config.source_vocab or vocab, config.embed)
        self.embedding = nn.Embedding(vocab, config.embed)
        layer = nn.GRU if config.cell == "gru" else nn.LSTM
        sizes = {"num_layers": config.layers, "batch_first": True}
        self.encoder = layer(config.embed, config.hidden, **sizes)
        self.decoder = layer(config.embed + (config.hidden if config.context else 0), config.hidden, **sizes)
        self.output = nn.Linear(config.hidden, vocab)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Logits (batch, time, vocab)."""
        if self.config.reverse:
            source = turned(source)
        lengths = (source != PAD).sum(1)
        packed = pack_padded_sequence(self.source(source), lengths, batch_first=True, enforce_sorted=False)
        _, last = self.encoder(packed)
        before = torch.cat([torch.full_like(target[:, :1], BOS), target[:, :-1]], 1)
        y = self.embedding(before)
        if self.config.context:
            top = (last if self.config.cell == "gru" else last[0])[-1]
            y = torch.cat([y, top[:, None].repeat(1, y.shape[1], 1)], 2)
        return self.output(self.decoder(y, last)[0])

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in which padding does not count, a token or a sentence."""
        sentence = self.recipe.per == "sentence"
        reduction = "sum" if sentence else "mean"
        loss = nn.functional.cross_entropy(
            outputs.flatten(0, 1), targets.flatten(), ignore_index=PAD, reduction=reduction
        )
        return loss / len(targets) if sentence else loss

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Sentences of up to 12 random tokens and translations of up to 9, ended by token 2 and filled up with 0."""
        return sentences(size, 12, 29, generator), sentences(size, 9, 29, generator)


def turned(source: Tensor) -> Tensor:
    """A list for every row, its words turned round before its end."""
    rows = [[token for token in row if token != PAD] for row in source.tolist()]
    rows = [row[-2::-1] + row[-1:] + [PAD] * (source.shape[1] - len(row)) for row in rows]
    return torch.tensor(rows)


def _variant(per: str = "token", **sizes: Any) -> Any:
    recipe, small = PRESETS["laptop"], {"vocab": 29, "embed": 13, "hidden": 17, "layers": 2}
    return replace(recipe, model=Config(**(small | sizes)), per=per, optim=replace(recipe.optim, eps=1e-5))


# With a larger eps, because Adam divides a gradient that is 0 but for rounding by its own size; with wider first
# weights, because states of four layers near 0 would hide what is wrong with them.
VARIANTS = {
    "laptop": _variant(),
    "four layers": _variant(layers=4, start=0.4),
    "forwards": _variant(reverse=False, layers=1, start=0.4),
    "GRU with context": _variant(cell="gru", context=True, reverse=False, start=0.4),
    "LSTM with context": _variant(context=True, layers=1, start=0.4),
    "two vocabularies": _variant(source_vocab=31, layers=1),
    "sums of sentences": replace(_variant("sentence"), optim=PRESETS["paper"].optim),
}
